package io.chom.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a setting's value must look like, and the sentence that says so. */
enum SettingRule {
  TEXT("give any text", _ -> true), HOST("give a host name or an address, for example mail.example.org",
      value -> Patterns.HOST.matcher(value).matches() || isAddress(value)), MAIL_TLS(
          "write starttls, tls (from the first byte) or none",
          value -> Set.of("starttls", "tls", "none").contains(value)), REDIS_DATABASE(
              "give the number of a database of that Redis, from 0 to 1000",
              value -> isNumber(value, 0, 1_000)), CACHE("write redis, or none and everything is read anew each time",
                  value -> Set.of("redis", "none").contains(value)), BOOLEAN("write true or false",
                      value -> Set.of("true", "false").contains(value)), DAYS("give a number of days from 1 to 3650",
                          value -> isNumber(value, 1, 3_650)), HOURS_OR_DAYS(
                              "give hours or days, for example 6h or 1d; a month at most",
                              SettingRule::isTime), PASSPHRASE_FILE(
                                  "give a file that CHOM may read, with at least 12 characters in it",
                                  SettingRule::isPassphraseFile), PORT("give a port number from 1 to 65535",
                                      value -> isNumber(value, 1, 65_535)), COUNT("give a number from 1 to 1000",
                                          value -> isNumber(value, 1, 1000)), ADDRESS(
                                              "give an IP address of this machine, for example 127.0.0.1, or 0.0.0.0 for all of them",
                                              SettingRule::isAddress), WEB_URL(
                                                  "give the address people type, for example https://panel.example.org (no path behind it)",
                                                  SettingRule::isWebUrl), DATABASE_URL(
                                                      "give it as jdbc:postgresql://host:5432/chom?user=…&password=…",
                                                      SettingRule::isDatabaseUrl), REDIS_URL(
                                                          "give it as redis://:password@host:6379 or redis://user:password@host:6379/0 (rediss:// for TLS)",
                                                          SettingRule::isRedisUrl), HTTPS_URL(
                                                              "give it as https://acme.example.org/directory",
                                                              SettingRule::isHttpsUrl), PEM_FILE(
                                                                  "give the path of a file with certificates in PEM that CHOM may read, of 36 KiB at most",
                                                                  SettingRule::isPemFile), NAME_SERVER(
                                                                      "give an IP address, with a port if it is not 53, for example 192.0.2.53:5353",
                                                                      value -> Patterns.NAME_SERVER.matcher(value)
                                                                          .matches()), NETWORKS(
                                                                              "give host names, addresses and networks, separated by commas, for example backup.lan,10.0.0.0/8",
                                                                              SettingRule::isNetworks), SERVER_DIRECTORY(
                                                                                  "give an absolute path of letters, digits, dots, _ and -, for example /var/backups/chom",
                                                                                  value -> Patterns.SERVER_DIRECTORY
                                                                                      .matcher(value)
                                                                                      .matches()), MASTER_KEY(
                                                                                          "give 32 random bytes in base64, as printed by: openssl rand -base64 32",
                                                                                          SettingRule::isMasterKey), EMAIL(
                                                                                              "give an e-mail address, for example ops@example.org",
                                                                                              value -> Patterns.EMAIL
                                                                                                  .matcher(value)
                                                                                                  .matches()), PASSWORD(
                                                                                                      "give at least 12 characters",
                                                                                                      value -> value
                                                                                                          .length() >= 12), TOKEN(
                                                                                                              "give 32 to 200 letters, digits, _ or -, for example the output of: openssl rand -hex 32",
                                                                                                              value -> Patterns.TOKEN
                                                                                                                  .matcher(
                                                                                                                      value)
                                                                                                                  .matches()), LOG_LEVEL(
                                                                                                                      "write one of error, warn, info, debug, trace",
                                                                                                                      value -> Set
                                                                                                                          .of("error",
                                                                                                                              "warn",
                                                                                                                              "info",
                                                                                                                              "debug",
                                                                                                                              "trace")
                                                                                                                          .contains(
                                                                                                                              value
                                                                                                                                  .toLowerCase(
                                                                                                                                      Locale.ROOT))), PROMETHEUS_URL(
                                                                                                                                          "give the address of a Prometheus, for example http://127.0.0.1:9090 or https://user:password@prometheus.example.org",
                                                                                                                                          SettingRule::isPrometheusUrl);

  private final String advice;
  private final Predicate<String> test;

  SettingRule(String advice, Predicate<String> test) {
    this.advice = advice;
    this.test = test;
  }

  boolean accepts(String value) {
    return test.test(value);
  }

  String advice() {
    return advice;
  }

  private static boolean isNumber(String value, int from, int to) {
    try {
      int number = Integer.parseInt(value);
      return number >= from && number <= to;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private static boolean isTime(String value) {
    return Patterns.TIME.matcher(value).matches()
        && isNumber(value.substring(0, value.length() - 1), 1, value.endsWith("d") ? 31 : 744);
  }

  private static boolean isPassphraseFile(String value) {
    try {
      return Files.readString(Path.of(value)).strip().length() >= Passphrase.SHORTEST;
    } catch (IOException | InvalidPathException _) {
      return false;
    }
  }

  private static boolean isAddress(String value) {
    try {
      // only literals: a name would be looked up, and might mean another address tomorrow
      return Patterns.ADDRESS.matcher(value).matches() && InetAddress.getByName(value) != null;
    } catch (UnknownHostException _) {
      return false;
    }
  }

  private static boolean isWebUrl(String value) {
    return uri(value, uri -> Set.of("http", "https").contains(uri.getScheme()) && uri.getHost() != null
        && Set.of("", "/").contains(uri.getPath()) && uri.getQuery() == null && uri.getUserInfo() == null);
  }

  private static boolean isPrometheusUrl(String value) {
    return uri(value, uri -> Set.of("http", "https").contains(uri.getScheme()) && uri.getHost() != null
        && uri.getQuery() == null && uri.getFragment() == null);
  }

  private static boolean isDatabaseUrl(String value) {
    String rest = value.startsWith("jdbc:") ? value.substring("jdbc:".length()) : value;
    return uri(rest, uri -> Set.of("postgresql", "postgres").contains(uri.getScheme()) && uri.getHost() != null
        && uri.getPath() != null && uri.getPath().length() > 1);
  }

  private static boolean isRedisUrl(String value) {
    return uri(value, uri -> Set.of("redis", "rediss").contains(uri.getScheme()) && uri.getHost() != null
        && (uri.getPath() == null || Patterns.REDIS_PATH.matcher(uri.getPath()).matches()));
  }

  // the letters the agent lets through
  private static boolean isHttpsUrl(String value) {
    return value.length() <= 500 && Patterns.HTTPS_URL.matcher(value).matches();
  }

  private static boolean isPemFile(String value) {
    try {
      var file = Path.of(value);
      return Files.size(file) <= 36 * 1024 && Files.readString(file).contains("-----BEGIN CERTIFICATE-----");
    } catch (IOException | InvalidPathException _) {
      return false;
    }
  }

  private static boolean isNetworks(String value) {
    return Stream.of(value.split(",", -1)).map(String::strip).allMatch(SettingRule::isNetwork);
  }

  private static boolean isNetwork(String entry) {
    int slash = entry.indexOf('/');
    var address = slash < 0 ? entry : entry.substring(0, slash);
    if (!Patterns.ADDRESS.matcher(address).matches()) {
      return Patterns.HOST.matcher(entry).matches();
    }
    return isAddress(address)
        && (slash < 0 || isNumber(entry.substring(slash + 1), 0, address.contains(":") ? 128 : 32));
  }

  private static boolean isMasterKey(String value) {
    try {
      return Base64.getDecoder().decode(value.strip()).length == 32;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static boolean uri(String value, Predicate<URI> test) {
    try {
      URI uri = URI.create(value);
      return uri.getScheme() != null && test.test(uri);
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  // in a class of their own: an enum's constants are made before its static fields
  private static final class Patterns {
    static final Pattern HOST = Pattern.compile("[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*");
    static final Pattern EMAIL = Pattern
        .compile("[^@\\s\\p{Cntrl}]{1,64}@[^@\\s\\p{Cntrl}.]+(\\.[^@\\s\\p{Cntrl}.]+)*");
    static final Pattern HTTPS_URL = Pattern
        .compile("https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?");
    static final Pattern SERVER_DIRECTORY = Pattern.compile("(/(?!\\.\\.?(/|$))[A-Za-z0-9._-]+)+");
    static final Pattern NAME_SERVER = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}(:[0-9]{1,5})?");
    static final Pattern REDIS_PATH = Pattern.compile("(/[0-9]{0,4})?");
    static final Pattern TIME = Pattern.compile("[1-9][0-9]{0,2}[hd]");
    static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{32,200}");
    static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*]?");
  }
}
