package io.chom.launch;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Where a Redis is, and who CHOM is there.
 *
 * @param user empty for the default user, who has a password alone
 */
record RedisUrl(boolean tls, String host, int port, String user, String password, int database) {
  static RedisUrl parse(String text) {
    var url = URI.create(text);
    // decoded after it is taken apart: a password may hold a colon
    var login = url.getRawUserInfo() == null ? "" : url.getRawUserInfo();
    int colon = login.indexOf(':');
    var path = url.getPath() == null ? "" : url.getPath().replace("/", "");
    return new RedisUrl(url.getScheme().equals("rediss"), url.getHost(), url.getPort() < 0 ? 6379 : url.getPort(),
        colon < 0 ? "" : decoded(login.substring(0, colon)), decoded(login.substring(colon + 1)),
        path.isEmpty() ? 0 : Integer.parseInt(path));
  }

  boolean loopback() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  /** As {@link RedisTalk} wants it. */
  List<String> login() {
    return user.isEmpty() ? List.of(password) : List.of(user, password);
  }

  private static String decoded(String text) {
    return java.net.URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
