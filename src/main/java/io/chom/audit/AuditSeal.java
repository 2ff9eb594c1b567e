package io.chom.audit;

import io.chom.secrets.SecretBox;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * The keyed hash of an event: HMAC-SHA-256 (RFC 2104) over all its fields, each preceded by its length, so that no two
 * different events give the same bytes.
 */
@Component
class AuditSeal {
  private final SecretBox secrets;

  AuditSeal(SecretBox secrets) {
    this.secrets = secrets;
  }

  String of(UUID tenant, AuditEvent event) {
    String[] fields = {tenant.toString(), event.id().toString(), Long.toString(event.seq()),
        Objects.toString(event.actor(), ""), event.actorLabel(), event.action(), event.subjectKind(),
        Objects.toString(event.subject(), ""), event.subjectLabel(), event.detail(), event.at().toString(),
        event.previousHash()};
    byte[][] parts = new byte[fields.length][];
    int size = 0;
    for (int i = 0; i < fields.length; i++) {
      parts[i] = fields[i].getBytes(StandardCharsets.UTF_8);
      size += Integer.BYTES + parts[i].length;
    }
    var bytes = ByteBuffer.allocate(size);
    for (byte[] part : parts) {
      bytes.putInt(part.length).put(part);
    }
    return HexFormat.of().formatHex(secrets.mac("audit", bytes.array()));
  }
}
