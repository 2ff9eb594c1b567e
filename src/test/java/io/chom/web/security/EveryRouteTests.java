package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Open;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Asks every route there is, with every method, so that a new one cannot be forgotten. */
@ChomTest
class EveryRouteTests {
  private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  private static final Set<String> CHANGING = Set.of("POST", "PUT", "PATCH", "DELETE");
  /** What strangers may do; everything else needs a login. */
  private static final Set<String> OPEN = Set.of("GET /login", "HEAD /login", "POST /login", "PUT /login",
      "PATCH /login", "DELETE /login", "OPTIONS /login", "POST /preferences");

  /** What belongs to the person alone. */
  private static final Set<String> OWN = Set.of("/tenant", "/preferences", "/notifications", "/notifications/{id}",
      "/notifications/{id}/test", "/notifications/{id}/remove", "/api/v1/notification-channels",
      "/api/v1/notification-channels/{id}", "/api/v1/notification-channels/{id}/test");

  private final int port;
  private final List<RequestMappingHandlerMapping> routes;
  private final Set<String> paths = new TreeSet<>(
      Set.of("/", "/sites", "/servers", "/api/v1/sites", "/actuator/prometheus", "/actuator/env", "/actuator",
          "/swagger-ui/index.html", "/v3/api-docs", "/not/mapped", "/api/v1/not-mapped", "/LOGIN", "/login/",
          "/login/x",
          "/css/../sites"));

  EveryRouteTests(@LocalServerPort int port, @Autowired List<RequestMappingHandlerMapping> routes) {
    this.port = port;
    this.routes = routes;
    routes.forEach(mapping -> mapping.getHandlerMethods().keySet().forEach(this::add));
    paths.removeIf(path -> path.startsWith("/error"));
  }

  private void add(RequestMappingInfo route) {
    route.getPatternValues().forEach(pattern -> paths.add(filled(pattern)));
  }

  private static String filled(String pattern) {
    return pattern.replaceAll("\\{[^}]*}", "00000000-0000-7000-8000-0000000000aa").replace("**", "x");
  }

  @Test
  void needsALoginWithEveryMethod() {
    var browser = new Browser(port);
    var token = browser.csrf().orElseThrow();
    browser.with("X-CSRF-TOKEN", token);
    var holes = new ArrayList<String>();
    for (var path : paths) {
      for (var method : METHODS) {
        var answer = browser.send(method, path);
        var refused = answer.status() == 401 || answer.status() == 400
            || answer.status() == 302 && answer.location().equals("/login");
        if (!refused && !OPEN.contains(method + " " + path)) {
          holes.add(method + " " + path + " → " + answer.status() + " " + answer.location());
        }
      }
    }
    assertThat(holes).isEmpty();
  }

  @Test
  void saysWhoMayAsk() {
    assertThat(routes.stream().flatMap(mapping -> mapping.getHandlerMethods().values().stream())
        .filter(RightsInterceptor::isOurs)
        .filter(method -> !method.hasMethodAnnotation(Open.class) && RightsInterceptor.needed(method) == null)
        .filter(method -> !ErrorController.class.isAssignableFrom(method.getBeanType())))
        .as("neither @Requires nor @Open: nobody can use it").isEmpty();
  }

  @Test
  void changesNothingForAViewer() {
    var viewer = Browser.of(Tenants.acme().viewer(), port);
    viewer.with("X-CSRF-TOKEN", viewer.csrf().orElseThrow());
    var holes = new ArrayList<String>();
    for (var mapping : routes) {
      mapping.getHandlerMethods().forEach((route, method) -> {
        if (RightsInterceptor.isOurs(method)) {
          holes.addAll(changes(viewer, route));
        }
      });
    }
    assertThat(holes).isEmpty();
  }

  private static List<String> changes(Browser viewer, RequestMappingInfo route) {
    var holes = new ArrayList<String>();
    for (var method : route.getMethodsCondition().getMethods()) {
      for (var pattern : route.getPatternValues()) {
        if (CHANGING.contains(method.name()) && !OWN.contains(pattern)) {
          var status = viewer.send(method.name(), filled(pattern)).status();
          if (status != 403) {
            holes.add(method + " " + pattern + " → " + status);
          }
        }
      }
    }
    return holes;
  }

  @Test
  void answersTheLivenessOfThePanelToAnyone() {
    assertThat(new Browser(port).get("/actuator/health/liveness").status()).isEqualTo(200);
  }

  @Test
  void refusesAMethodThatOnlyLooksAllowed() {
    assertThat(new Browser(port).with("X-HTTP-Method-Override", "GET").send("DELETE", "/sites").status())
        .isNotEqualTo(200);
  }
}
