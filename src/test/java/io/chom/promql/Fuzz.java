package io.chom.promql;

import java.util.List;
import java.util.Random;

/** Broken, deep and strange texts, the same ones for the same seed. */
final class Fuzz {
  private static final List<String> PIECES = List.of("{", "}", "(", ")", "[", "]", ",", ":", "\"", "'", "`", "\\", "#",
      "\n", "\r", " ", "@", "+", "-", "^", "==", "=~", "!~", "</", "by", "without", "on", "group_left", "offset",
      "bool",
      "sum", "topk", "rate(", "info(", "start()", "5m", "1e9", "0x", "NaN", "tenant_id=\"B\"", "a", "a{b=\"c\"}",
      "[5m:1m]",
      "__name__", "é", "😀", "\ud83d", "\ude00", "\ufffd", "\u0000", "\u2028", "\u00a0", "\ufeff", "\\u0041", "\\xff");

  private final Random random;

  Fuzz(long seed) {
    random = new Random(seed);
  }

  /** One text: a vector with a few changes, pieces in any order, or something nested deeply. */
  String next() {
    return switch (random.nextInt(10)) {
      case 0, 1 -> pieces(1 + random.nextInt(40));
      case 2 -> piece().repeat(1 + random.nextInt(random.nextInt(10) == 0 ? 4_000 : 300));
      default -> mutated();
    };
  }

  private String mutated() {
    var text = new StringBuilder(Vectors.ALL.get(random.nextInt(Vectors.ALL.size())).expr());
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, piece());
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(5)));
        case 2 -> text.insert(at, (char) random.nextInt(Character.MAX_VALUE + 1));
        default -> text.append(piece()).append(Vectors.ALL.get(random.nextInt(Vectors.ALL.size())).expr());
      }
    }
    return text.toString();
  }

  private String pieces(int count) {
    var text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(piece());
    }
    return text.toString();
  }

  private String piece() {
    return PIECES.get(random.nextInt(PIECES.size()));
  }

  /** Scopes so many of them; each is refused with a place, or comes out with the tenant at each of its selectors. */
  static int scope(long seed, int count) {
    var fuzz = new Fuzz(seed);
    var acme = TenantScope.of("acme \"\\ 1");
    var ours = new Expr.Matcher("tenant_id", "=", "acme \"\\ 1");
    int accepted = 0;
    for (int i = 0; i < count; i++) {
      String text = fuzz.next();
      try {
        var raw = Promql.parse(text);
        String scoped = acme.apply(text);
        var again = Parser.parse(scoped);
        if (again.selectors().size() != raw.selectors().size()
            || !again.selectors().stream().allMatch(one -> one.matchers().getFirst().equals(ours))
            || again.type() != raw.type() || !again.functions().equals(raw.functions())) {
          throw new AssertionError("“" + text + "” became “" + scoped + "”");
        }
        accepted++;
      } catch (PromqlRefused refused) {
        if (refused.position() < 0 || refused.position() > text.length()) {
          throw new AssertionError("“" + text + "” is wrong at " + refused.position(), refused);
        }
      }
    }
    return accepted;
  }
}
