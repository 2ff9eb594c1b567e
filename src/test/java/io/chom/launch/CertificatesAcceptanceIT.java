package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A site's certificate from its first day to its last, on a real host, from a real ACME server that validates. */
@Tag("acceptance")
class CertificatesAcceptanceIT {
  private static final String TOKEN = "chom_acceptance_0123456789abcdefghijklmnopqrst";
  private static final String DOMAIN = "shop.example";

  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelProcess panel;
  static Api api;
  static JsonNode acme;

  @BeforeAll
  static void enrolTheHost() throws Exception {
    acme = rig.acmeUp();
    var settings = new HashMap<>(Map.of("CHOM_DATA_DIR", directory.toString(), "CHOM_DEMO", "false",
        "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", "correct horse battery",
        "CHOM_BOOTSTRAP_TOKEN", TOKEN, "CHOM_ACME_DIRECTORY", acme.path("directory").asString(), "CHOM_ACME_CA_BUNDLE",
        acme.path("ca_bundle").asString(), "CHOM_DNS_SERVER", acme.path("dns").asString()));
    settings.put("CHOM_ACME_EMAIL", "ops@example.org");
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
    var host = host();
    var scanned = api.post("/server-enrolments", Map.of("host", host.address(), "port", host.port())).ok();
    api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", host.hostKeyFingerprint(), "name", "web-1", "user", host.login().user(), "password",
            host.login().password()))
        .ok();
    PanelProcess.await("the server to be ready", () -> {
      var servers = api.get("/servers").ok().path("items");
      return servers.size() == 1 && servers.get(0).path("status").asString().equals("READY");
    });
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  private record Shown(X509Certificate certificate, String answer) {
    String serial() {
      return certificate.getSerialNumber().toString(16);
    }
  }

  @Test
  void servedRenewedKeptThroughTroubleAndGoneWithTheSite() throws Exception {
    var made = api.post("/sites", Map.of("domain", DOMAIN, "type", "php")).ok();
    var site = made.path("id").asString();
    succeeded(made);

    succeeded(api.post("/sites/" + site + "/certificates", Map.of()).ok());
    var first = shown();
    assertThat(first.answer()).startsWith("HTTP/1.1 200").contains(DOMAIN + " is ready");
    assertThat(host().get(DOMAIN, "/a").status()).isEqualTo(301);
    var told = api.get("/sites/" + site).ok();
    assertThat(told.path("sslEnabled").asBoolean()).isTrue();
    assertThat(Instant.parse(told.path("sslExpiresAt").asString()))
        .isEqualTo(first.certificate().getNotAfter().toInstant());
    assertThat(stripped(certificate(site).path("serial").asString())).isEqualTo(first.serial());

    succeeded(api.post("/sites/" + site + "/certificates", Map.of()).ok());
    var second = shown();
    assertThat(second.serial()).isNotEqualTo(first.serial());

    rig.acmeDown();
    var refused = ended(api.post("/sites/" + site + "/certificates", Map.of()).ok());
    assertThat(refused.path("status").asString()).isEqualTo("FAILED");
    assertThat(refused.path("error").path("code").asString()).isEqualTo("ACME_UNREACHABLE");
    assertThat(certificate(site).path("status").asString()).isEqualTo("ACTIVE");
    assertThat(certificate(site).path("failure").asString()).contains("does not answer");
    assertThat(shown(first).serial()).isEqualTo(second.serial());

    succeeded(api.post("/sites/" + site + "/disable", Map.of()).ok());
    assertThat(shown(first).answer()).startsWith("HTTP/1.1 503");
    succeeded(api.post("/sites/" + site + "/enable", Map.of()).ok());
    assertThat(shown(first).answer()).startsWith("HTTP/1.1 200");

    // an authority that was set up anew knows neither the account nor its old root
    acme = rig.acmeUp();
    succeeded(api.post("/sites/" + site + "/certificates", Map.of()).ok());
    assertThat(shown().serial()).isNotEqualTo(second.serial());

    succeeded(api.delete("/sites/" + site + "?purge=true").ok());
    assertThat(host().sh("find /var/lib/vpsmanager/certificates /etc/nginx/chom -name '*" + told.path("systemUser")
        .asString() + "*'; grep -rl '" + DOMAIN + "' /etc/nginx /var/lib/vpsmanager/certificates || true")).isBlank();
  }

  @Test
  void aDomainThatLeadsElsewhereGetsNoneUntilATextProvesIt() throws Exception {
    var made = api.post("/sites", Map.of("domain", "else.example", "type", "static")).ok();
    var site = made.path("id").asString();
    succeeded(made);
    leads("else.example.", host().address().replaceFirst("[0-9]+$", "99"));
    var refused = api.post("/sites/" + site + "/certificates", Map.of());
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.body().path("code").asString()).isEqualTo("DOMAIN_NOT_PROVEN");
    assertThat(api.get("/sites/" + site + "/certificates").ok().path("items")).isEmpty();

    var proof = api.get("/sites/" + site + "/certificates").ok().path("proof");
    assertThat(proof.path("pointsTo").asString()).isEqualTo(host().address());
    tell("/set-txt",
        Map.of("host", proof.path("textName").asString() + ".", "value", proof.path("textValue").asString()));
    // proven, yet the authority goes by the address: its reason is what the tenant reads
    var failed = ended(api.post("/sites/" + site + "/certificates", Map.of()).ok());
    assertThat(failed.path("error").path("code").asString()).isEqualTo("ACME_FAILED");
    leads("else.example.", host().address());
    succeeded(api.post("/sites/" + site + "/certificates", Map.of()).ok());
  }

  private static void leads(String name, String address) throws Exception {
    tell("/clear-a", Map.of("host", name));
    tell("/add-a", Map.of("host", name, "addresses", List.of(address)));
  }

  /** Has the authority's name server say something else. */
  private static void tell(String path, Map<String, ?> what) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(HttpRequest.newBuilder(URI.create(acme.path("names").asString() + path))
          .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(what))).build(),
          BodyHandlers.discarding());
      assertThat(answer.statusCode()).isEqualTo(200);
    }
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static JsonNode certificate(String site) {
    return api.get("/sites/" + site + "/certificates").ok().path("items").get(0);
  }

  private static void succeeded(JsonNode accepted) {
    var operation = ended(accepted);
    assertThat(operation.path("status").asString()).as("%s", operation).isEqualTo("SUCCEEDED");
  }

  private static JsonNode ended(JsonNode accepted) {
    String id = accepted.path("operation").path("id").asString();
    PanelProcess.await("operation " + id + " to end", () -> !api.get("/operations/" + id).ok().path("status")
        .asString().matches("QUEUED|RUNNING|CANCELLING"));
    return api.get("/operations/" + id).ok();
  }

  private static String stripped(String serial) {
    return serial.replaceFirst("^0+", "");
  }

  /** What a visitor is shown who trusts the authority and insists on the name. */
  private static Shown shown() throws Exception {
    var authority = CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(acme.path("root").asString()))));
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("root", authority);
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    try (var plain = new Socket()) {
      plain.connect(new InetSocketAddress(host().address(), 443), 10_000);
      plain.setSoTimeout(30_000);
      var socket = (SSLSocket) context.getSocketFactory().createSocket(plain, DOMAIN, 443, true);
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.getOutputStream().write(("GET / HTTP/1.1\r\nHost: " + DOMAIN + "\r\nConnection: close\r\n\r\n")
          .getBytes(StandardCharsets.UTF_8));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Shown((X509Certificate) socket.getSession().getPeerCertificates()[0], answer);
    }
  }

  /** While the authority is away its root is still the file that was fetched before. */
  private static Shown shown(Shown before) throws Exception {
    var now = shown();
    assertThat(now.certificate().getIssuerX500Principal()).isEqualTo(before.certificate().getIssuerX500Principal());
    return now;
  }
}
