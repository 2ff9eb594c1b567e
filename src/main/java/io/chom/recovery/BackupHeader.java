package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import javax.crypto.SecretKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What anybody may read of a copy, in three lines of text: what it is, when and of what it was made, and a signature that
 * only its passphrase can make. Everything else in the file is sealed.
 *
 * @param chom the version of CHOM that made it
 * @param made when
 * @param schema the newest migration of the database, such as {@code 0024}
 * @param postgresql the version of the database's server
 */
public record BackupHeader(String chom, Instant made, String schema, String postgresql) {
  static final String FIRST_LINE = "CHOM panel backup 1";
  private static final String ANY_FORMAT = "CHOM panel backup ";
  private static final int LONGEST_LINE = 4096;
  private static final int SALT_BYTES = 16;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Writes the lines, and answers the key of what follows them. */
  SecretKey write(OutputStream out, Opener opener) throws IOException {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    var cost = SealKeys.Cost.USUAL;
    var fields = new LinkedHashMap<String, Object>();
    fields.put("made", made.toString());
    fields.put("chom", chom);
    fields.put("schema", schema);
    fields.put("postgresql", postgresql);
    fields.put("key", "argon2id");
    fields.put("memory_kib", cost.memoryKib());
    fields.put("passes", cost.passes());
    fields.put("lanes", cost.lanes());
    fields.put("salt", Base64.getEncoder().encodeToString(salt));
    fields.put("sealed", "aes-256-gcm, pieces of " + Pieces.PLAIN);
    byte[] lines = (FIRST_LINE + "\n" + JSON.writeValueAsString(fields) + "\n").getBytes(StandardCharsets.UTF_8);
    var keys = opener.keys(salt, cost);
    out.write(lines);
    out.write((Base64.getEncoder().encodeToString(keys.sign(lines)) + "\n").getBytes(StandardCharsets.US_ASCII));
    return keys.stream(lines);
  }

  /** The readable lines, with what is needed to open the rest. */
  record Read(BackupHeader header, byte[] lines, byte[] salt, SealKeys.Cost cost, byte[] signature) {
    /** The key of what follows. */
    SecretKey open(Opener opener) {
      var keys = opener.keys(salt, cost);
      if (!MessageDigest.isEqual(signature, keys.sign(lines))) {
        throw new RecoveryRefused(Reason.PASSPHRASE_WRONG, "This passphrase does not open the file (of "
            + header.made() + "): give the one that was in use when it was made. If that is the one, the file's first"
            + " lines were changed");
      }
      return keys.stream(lines);
    }
  }

  static Read read(InputStream in) throws IOException {
    var lines = new ByteArrayOutputStream();
    String first = line(in, lines);
    if (!first.equals(FIRST_LINE)) {
      throw new RecoveryRefused(Reason.NOT_A_BACKUP, first.startsWith(ANY_FORMAT)
          ? "The file was made by a newer CHOM: use that version or a newer one"
          : "This is no backup of a CHOM panel");
    }
    try {
      var fields = JSON.readTree(line(in, lines));
      var header = new BackupHeader(text(fields, "chom"), Instant.parse(text(fields, "made")), text(fields, "schema"),
          text(fields, "postgresql"));
      var cost = new SealKeys.Cost(fields.path("memory_kib").asInt(0), fields.path("passes").asInt(0),
          fields.path("lanes").asInt(0));
      byte[] salt = Base64.getDecoder().decode(text(fields, "salt"));
      byte[] signature = Base64.getDecoder().decode(line(in, new ByteArrayOutputStream()));
      if (!cost.bearable() || salt.length != SALT_BYTES) {
        throw new IllegalArgumentException("its key cannot be made");
      }
      return new Read(header, lines.toByteArray(), salt, cost, signature);
    } catch (IllegalArgumentException | JacksonException | java.time.DateTimeException e) {
      throw new RecoveryRefused(Reason.DAMAGED, "The file's first lines are damaged (" + e.getMessage()
          + "): use another", e);
    }
  }

  private static String text(JsonNode fields, String name) {
    String value = fields.path(name).asString("");
    if (value.isEmpty()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  private static String line(InputStream in, ByteArrayOutputStream seen) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int one = in.read(); one != '\n'; one = in.read()) {
      if (one < 0 || line.size() > LONGEST_LINE) {
        throw new RecoveryRefused(Reason.NOT_A_BACKUP,
            "This is no backup of a CHOM panel, or only the beginning of one");
      }
      line.write(one);
    }
    seen.writeBytes(line.toByteArray());
    seen.write('\n');
    return line.toString(StandardCharsets.UTF_8);
  }
}
