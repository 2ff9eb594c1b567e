package io.chom.api;

import io.chom.accounts.Access;
import io.chom.accounts.NewToken;
import io.chom.accounts.SignedIn;
import io.chom.accounts.Tokens;
import io.chom.tenancy.TenantContext;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A program that calls the API with a token. */
record ApiClient(int port, String token) {
  private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final JsonMapper JSON = new JsonMapper();

  record Answer(HttpResponse<String> http) {
    int status() {
      return http.statusCode();
    }

    String body() {
      return http.body();
    }

    JsonNode json() {
      return JSON.readTree(http.body());
    }

    String text(String pointer) {
      return json().at(pointer).asString();
    }

    String header(String name) {
      return http.headers().firstValue(name).orElse("");
    }
  }

  /** With a token of the person's for the tenant, which may do whatever they may. */
  static ApiClient of(int port, Tenants tenant, Tenants.Person person, Access access, Tokens tokens) {
    return of(port, tenant, person, access, tokens, Set.of("*"));
  }

  /** With a token of the person's for the tenant, which may do no more than its scopes say. */
  static ApiClient of(int port, Tenants tenant, Tenants.Person person, Access access, Tokens tokens,
      Set<String> scopes) {
    var caller = access.caller(new SignedIn(person.id(), person.email(), person.name(), false), tenant.id())
        .orElseThrow();
    return new ApiClient(port, TenantContext.<String, RuntimeException>callAs(tenant.id(),
        () -> tokens.create(caller, new NewToken("ci", scopes, null)).token()));
  }

  Answer get(String path) {
    return send("GET", path, "");
  }

  Answer post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  Answer send(String method, String path, String body, String... headers) {
    try {
      return new Answer(HTTP.send(request(path, headers).method(method, BodyPublishers.ofString(body)).build(),
          BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<InputStream> open(String path, String... headers) throws IOException, InterruptedException {
    return HTTP.send(request(path, headers).GET().build(), BodyHandlers.ofInputStream());
  }

  private HttpRequest.Builder request(String path, String... headers) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(60))
        .header("Content-Type", "application/json");
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request;
  }
}
