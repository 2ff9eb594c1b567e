package io.chom.testing;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A browser without a screen: keeps cookies, sends forms with their token, follows no redirect by itself. Each comes
 * from an address of its own, so that one test's login attempts are not another's.
 */
public final class Browser {
  private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
  private final HttpClient http = HttpClient.newBuilder().cookieHandler(cookies)
      .followRedirects(HttpClient.Redirect.NEVER).version(HttpClient.Version.HTTP_1_1).build();
  private final int port;
  private final Map<String, String> headers = new LinkedHashMap<>();

  public Browser(int port) {
    this.port = port;
    from("2001:db8::" + Integer.toHexString(RANDOM.nextInt(1 << 16)) + ":"
        + Integer.toHexString(RANDOM.nextInt(1 << 16)));
  }

  /** A browser in which somebody made by {@link Tenants} has signed in. */
  public static Browser of(Tenants.Person person, int port) {
    var browser = new Browser(port);
    var answer = browser.signIn(person.email(), Tenants.PASSWORD);
    if (answer.status() != 302 || answer.location().contains("error")) {
      throw new IllegalStateException("Could not sign in: " + answer);
    }
    return browser;
  }

  /** What came back. */
  public record Answer(int status, Map<String, String> headers, String body) {
    /** By its lower-case name; empty where there is none. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }

    public String location() {
      return header("location");
    }
  }

  /** Comes from this address from now on, as the proxy says. */
  public Browser from(String address) {
    return with("X-Forwarded-For", address);
  }

  /** Sends this header with every request from now on. */
  public Browser with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  /** What it sends with every request. */
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  public Answer signIn(String email, String password) {
    return post("/login", Map.of("username", email, "password", password));
  }

  public Answer get(String path) {
    return send("GET", path, null);
  }

  /** Sends a form with its token. */
  public Answer post(String path, Map<String, String> form) {
    var all = new LinkedHashMap<>(form);
    csrf().ifPresent(token -> all.put("_csrf", token));
    return postAsIs(path, all);
  }

  /** Sends exactly these fields. */
  public Answer postAsIs(String path, Map<String, String> form) {
    return send("POST", path,
        form.entrySet().stream().map(field -> encode(field.getKey()) + "=" + encode(field.getValue()))
            .collect(Collectors.joining("&")));
  }

  /** Any method, with the token in a header as htmx does. */
  public Answer request(String method, String path) {
    with("X-CSRF-TOKEN", csrf().orElse(""));
    return send(method, path, null);
  }

  /** The token of this browser's session, from the first page that shows one. */
  public Optional<String> csrf() {
    for (var page : new String[]{"/login", "/", "/operations"}) {
      var found = CSRF.matcher(get(page).body());
      if (found.find()) {
        return Optional.of(found.group(1));
      }
    }
    return Optional.empty();
  }

  /** All cookies, as a request of another client would carry them. */
  public String cookieHeader() {
    return cookies.getCookieStore().getCookies().stream().map(cookie -> cookie.getName() + "=" + cookie.getValue())
        .collect(Collectors.joining("; "));
  }

  public Optional<HttpCookie> cookie(String name) {
    return cookies.getCookieStore().getCookies().stream().filter(cookie -> cookie.getName().equals(name)).findFirst();
  }

  /** Brings a cookie along from elsewhere. */
  public Browser carrying(HttpCookie cookie) {
    var copy = new HttpCookie(cookie.getName(), cookie.getValue());
    copy.setPath("/");
    copy.setVersion(0);
    cookies.getCookieStore().add(URI.create("http://127.0.0.1:" + port), copy);
    return this;
  }

  /** Any method with nothing but the headers set before. */
  public Answer send(String method, String path) {
    return send(method, path, null);
  }

  private Answer send(String method, String path, @Nullable String form) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).method(method,
        form == null ? BodyPublishers.noBody() : BodyPublishers.ofString(form));
    headers.forEach(request::header);
    if (form != null) {
      request.header("Content-Type", "application/x-www-form-urlencoded");
    }
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.headers().map().entrySet().stream().collect(
          Collectors.toMap(header -> header.getKey().toLowerCase(java.util.Locale.ROOT),
              header -> String.join(", ", header.getValue()))),
          response.body());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
