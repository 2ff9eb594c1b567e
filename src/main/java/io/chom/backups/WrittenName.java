package io.chom.backups;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A name as a manifest writes it. Whoever has a site in hand chooses the names of its files: in written form none of them can
 * end a line, hide what follows or be taken for two.
 */
final class WrittenName {
  /** Also those that turn the direction of what follows. */
  private static final Pattern CONFUSING = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}]");

  private WrittenName() {}

  /** As a person knows it, where that is safe to read; else as it is written. */
  static String shown(String written) {
    if (written.indexOf('%') < 0) {
      return written;
    }
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < written.length(); i++) {
      char c = written.charAt(i);
      if (c == '%' && i + 2 < written.length()) {
        int value = digit(written.charAt(i + 1)) << 4 | digit(written.charAt(i + 2));
        if (value < 0) {
          return written;
        }
        bytes.write(value);
        i += 2;
      } else if (c == '%') {
        return written;
      } else {
        bytes.write(c);
      }
    }
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
      return CONFUSING.matcher(text).find() ? written : text;
    } catch (CharacterCodingException _) {
      return written;
    }
  }

  private static int digit(char c) {
    return Character.digit(c, 16);
  }
}
