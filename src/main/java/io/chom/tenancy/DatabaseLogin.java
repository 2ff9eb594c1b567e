package io.chom.tenancy;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a database is and who signs in there. Read from {@code jdbc:postgresql://host:port/name?user=u&password=p} or
 * {@code postgresql://u:p@host:port/name}.
 *
 * @param setting the environment variable it came from, for messages
 * @param url the JDBC URL without user and password
 */
public record DatabaseLogin(String setting, String url, String user, String password) {
  public static DatabaseLogin parse(String setting, String text) {
    try {
      var uri = URI.create(text.strip().replaceFirst("^jdbc:", "").replaceFirst("^postgres:", "postgresql:"));
      if (!"postgresql".equals(uri.getScheme()) || uri.getHost() == null || uri.getPath() == null
          || uri.getPath().length() < 2) {
        throw new IllegalArgumentException("scheme, host or database name is missing");
      }
      var user = "";
      var password = "";
      if (uri.getRawUserInfo() != null) {
        var parts = uri.getRawUserInfo().split(":", 2);
        user = decode(parts[0]);
        password = parts.length == 2 ? decode(parts[1]) : "";
      }
      List<String> rest = new ArrayList<>();
      for (var pair : uri.getRawQuery() == null ? new String[0] : uri.getRawQuery().split("&", -1)) {
        if (pair.startsWith("user=")) {
          user = decode(pair.substring(5));
        } else if (pair.startsWith("password=")) {
          password = decode(pair.substring(9));
        } else if (!pair.isEmpty()) {
          rest.add(pair);
        }
      }
      if (user.isEmpty()) {
        throw new IllegalArgumentException("the user is missing");
      }
      var port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
      var query = rest.isEmpty() ? "" : "?" + String.join("&", rest);
      return new DatabaseLogin(setting, "jdbc:postgresql://" + uri.getHost() + port + uri.getPath() + query, user,
          password);
    } catch (IllegalArgumentException e) {
      // the text itself is not repeated: it holds a password
      var why = e.getMessage() == null || e.getMessage().contains(text) ? "it is not a URL" : e.getMessage();
      throw new BadDatabaseSetting(setting + " cannot be used: " + why
          + ". Write it as jdbc:postgresql://host:5432/chom?user=USER&password=PASSWORD (percent-encode special"
          + " characters).", null);
    }
  }

  /** The same place under another name. */
  public DatabaseLogin as(String otherUser, String otherPassword) {
    return new DatabaseLogin(setting, url, otherUser, otherPassword);
  }

  /** As it can be given to a setting again. */
  public String urlWithLogin() {
    return url + (url.contains("?") ? "&" : "?") + "user=" + encode(user) + "&password=" + encode(password);
  }

  /** The database's name. */
  public String database() {
    return URI.create(url.substring("jdbc:".length())).getPath().substring(1);
  }

  /** The same login in another database of the same server. */
  public DatabaseLogin inDatabase(String name) {
    var start = url.indexOf('/', "jdbc:postgresql://".length());
    var end = url.indexOf('?');
    return new DatabaseLogin(setting, url.substring(0, start + 1) + name + (end < 0 ? "" : url.substring(end)), user,
        password);
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, password);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return setting + " (" + user + " at " + url + ")";
  }
}
