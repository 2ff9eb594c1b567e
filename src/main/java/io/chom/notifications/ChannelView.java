package io.chom.notifications;

import io.chom.common.UserId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A channel as it may be shown: no address that opens something, and no secret.
 *
 * @param owner whose it is; null for the whole tenant's
 * @param ownAddress the address its owner signs in with
 * @param target an address of mail, or the host of a webhook
 * @param digestAt when the next digest is due; null where none is wanted
 * @param error why the last thing did not get there, as a code; null if it did
 */
public record ChannelView(ChannelId id, @Nullable UserId owner, ChannelKind kind, boolean ownAddress,
    String target, ChannelWish wish, @Nullable Instant digestAt, @Nullable Instant createdAt, @Nullable Instant sentAt,
    @Nullable Instant failedAt, @Nullable String error, @Nullable String errorDetail) {}
