package io.chom.servers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * The agent as it travels: a tar.gz of the program, a manifest of its files' SHA-256 sums, and a signature of the
 * manifest. The same files always make the same bytes.
 *
 * @param id names this very content; the directory it is unpacked to
 * @param sha256 of the archive
 * @param signingKey the public key that signed the manifest, in PEM
 */
record AgentBundle(String id, byte[] archive, String sha256, String manifest, String signingKey) {
  private static final String ANCHOR = "bin/vpsmanager";
  private static final Pattern PLAIN_PATH = Pattern
      .compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");

  static AgentBundle of(SortedMap<String, byte[]> files, AgentSigner signer) {
    var manifest = manifest(files);
    var signed = manifest.getBytes(StandardCharsets.UTF_8);
    var all = new TreeMap<>(files);
    all.put("MANIFEST", signed);
    all.put("MANIFEST.sig", signer.sign(signed));
    var archive = archive(all);
    return new AgentBundle(release(manifest), archive, sha256(archive), manifest, signer.publicKey());
  }

  private static String manifest(SortedMap<String, byte[]> files) {
    return files.entrySet().stream().map(file -> sha256(file.getValue()) + "  " + file.getKey() + "\n")
        .collect(Collectors.joining());
  }

  private static String release(String manifest) {
    return sha256(manifest.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
  }

  /** Names the agent in this panel; needs no key. */
  static String shippedRelease() {
    return Shipped.RELEASE;
  }

  private static final class Shipped {
    static final String RELEASE = release(manifest(shipped()));
  }

  /** The agent's files in this panel, by their path. */
  static SortedMap<String, byte[]> shipped() {
    var files = new TreeMap<String, byte[]>();
    try {
      var resolver = new PathMatchingResourcePatternResolver();
      var anchor = resolver.getResource("classpath:agent/" + ANCHOR).getURL().toString();
      var root = anchor.substring(0, anchor.length() - ANCHOR.length());
      for (var resource : resolver.getResources("classpath:agent/**")) {
        var url = resource.getURL().toString();
        if (url.endsWith("/") || !resource.isReadable() || !url.startsWith(root)) {
          continue;
        }
        var path = url.substring(root.length());
        if (!PLAIN_PATH.matcher(path).matches()) {
          throw new IllegalStateException("agent/" + path + " is no name for a file of the agent");
        }
        files.put(path, resource.getContentAsByteArray());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The agent is not on the class path", e);
    }
    return files;
  }

  private static byte[] archive(SortedMap<String, byte[]> files) {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(bytes); var tar = new Tar(zip)) {
      for (var file : files.entrySet()) {
        tar.file(file.getKey(), file.getKey().startsWith("bin/") ? 0755 : 0644, file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
