package io.chom.backups;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A place for backups as its tenant sees it; nothing secret, and of a shared one only what it is called.
 *
 * @param shared whether an operator shares it with all; {@code mine} whether this tenant may change it
 * @param isDefault whether backups go there when nobody says where
 * @param location where it is; null where that is the operator's to know, or it is not made yet
 * @param publicKey the line that lets the panel in there; null where it is not by SSH
 * @param fingerprint of its host's key, the only one that is believed
 * @param server which of the panel's servers keeps it; null for other kinds
 * @param appendOnly whether what is there cannot be removed
 * @param checkFailure why the last who looked did not get in; null if they did
 * @param backups how many of this tenant's lie there, {@code bytes} how much they need
 */
public record TargetView(TargetId id, String name, TargetKind kind, TargetStatus status, boolean shared, boolean mine,
    boolean isDefault, @Nullable String location, @Nullable String publicKey, @Nullable String hostKey,
    @Nullable String fingerprint, @Nullable String region, boolean ownAuthorities, @Nullable Integer uploadKbps,
    @Nullable Integer downloadKbps, @Nullable UUID server, boolean appendOnly, @Nullable Instant checkedAt,
    @Nullable String checkFailure,
    long backups, long bytes, String createdBy, @Nullable Instant createdAt) {}
