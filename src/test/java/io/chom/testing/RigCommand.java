package io.chom.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs programs of this machine to their end, within a limit. */
final class RigCommand {

  private static final String SCRIPT = "src/test/rig/rig";

  private RigCommand() {}

  /** Runs the rig's script, which is named after its rig. */
  static Ran rig(String name, Duration limit, String... arguments) {
    var command = new ArrayList<>(List.of(SCRIPT, "--name", name));
    command.addAll(List.of(arguments));
    return run(command, InputStream.nullInputStream(), limit);
  }

  static Ran run(List<String> command, InputStream input, Duration limit) {
    try {
      var process = new ProcessBuilder(command).start();
      try {
        var output = reading(process.getInputStream());
        var errors = reading(process.getErrorStream());
        Thread.startVirtualThread(() -> feed(process, input));
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(String.join(" ", command) + " did not end within " + limit.toSeconds() + " s");
        }
        return new Ran(String.join(" ", command), process.exitValue(), output.join(), errors.join());
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + String.join(" ", command), e);
    }
  }

  private static CompletableFuture<String> reading(InputStream stream) {
    var text = new CompletableFuture<String>();
    Thread.startVirtualThread(() -> {
      try (stream) {
        text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        text.completeExceptionally(e);
      }
    });
    return text;
  }

  private static void feed(Process process, InputStream input) {
    try (var sink = process.getOutputStream()) {
      input.transferTo(sink);
    } catch (IOException e) {
      // the program ended without reading all of it, which its exit code tells better
    }
  }
}
