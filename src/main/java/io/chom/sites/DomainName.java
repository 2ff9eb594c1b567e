package io.chom.sites;

import java.net.IDN;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The name a site answers to, in the one form in which names are compared and stored: lower case, punycode, no dot at
 * the end (RFC 1035 and RFC 5890; length limits of RFC 1035 section 2.3.4).
 */
public record DomainName(String value) {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  /** Special-use names (RFC 6761, RFC 6762, RFC 7686) that can never be a customer's site. */
  private static final Set<String> RESERVED_ENDS = Set.of("localhost", "local", "internal", "invalid", "onion", "arpa");
  private static final int LONGEST = 253;

  /**
   * Reads what a person typed: any case, international letters, one dot at the end.
   *
   * @throws SiteRefused it cannot be the name of a site; the reason says why
   */
  public static DomainName parse(String typed) {
    String text = typed.strip();
    if (text.isEmpty()) {
      throw refused(SiteRefused.Reason.DOMAIN_EMPTY);
    }
    // before any conversion: nothing longer can become a name, and the conversion is not cheap
    if (text.length() > LONGEST + 1) {
      throw refused(SiteRefused.Reason.DOMAIN_TOO_LONG);
    }
    if (text.startsWith("*.")) {
      throw refused(SiteRefused.Reason.DOMAIN_WILDCARD);
    }
    String ascii = ascii(text);
    ascii = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
    check(ascii);
    return new DomainName(ascii);
  }

  private static String ascii(String text) {
    try {
      return IDN.toASCII(text.toLowerCase(Locale.ROOT)).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw refused(longLabel(text) ? SiteRefused.Reason.DOMAIN_LABEL_TOO_LONG : SiteRefused.Reason.DOMAIN_CHARACTERS);
    }
  }

  private static boolean longLabel(String text) {
    for (String label : text.split("\\.", -1)) {
      if (label.length() > 63) {
        return true;
      }
    }
    return false;
  }

  private static void check(String ascii) {
    if (ascii.length() > LONGEST) {
      throw refused(SiteRefused.Reason.DOMAIN_TOO_LONG);
    }
    String[] labels = ascii.split("\\.", -1);
    for (String label : labels) {
      if (label.length() > 63) {
        throw refused(SiteRefused.Reason.DOMAIN_LABEL_TOO_LONG);
      }
      if (!LABEL.matcher(label).matches()) {
        throw refused(SiteRefused.Reason.DOMAIN_CHARACTERS);
      }
    }
    String top = labels[labels.length - 1];
    if (RESERVED_ENDS.contains(top)) {
      throw refused(SiteRefused.Reason.DOMAIN_RESERVED);
    }
    if (labels.length < 2) {
      throw refused(SiteRefused.Reason.DOMAIN_ONE_LABEL);
    }
    if (top.chars().allMatch(Character::isDigit)) {
      throw refused(SiteRefused.Reason.DOMAIN_IS_ADDRESS);
    }
  }

  private static SiteRefused refused(SiteRefused.Reason reason) {
    return new SiteRefused(reason, "domain");
  }

  @Override
  public String toString() {
    return value;
  }
}
