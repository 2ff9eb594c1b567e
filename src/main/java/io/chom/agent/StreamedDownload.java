package io.chom.agent;

import io.chom.ssh.ByteStream;
import io.chom.ssh.SshException;
import java.time.Duration;

/** A download on a channel of its own. */
final class StreamedDownload implements AgentDownload {
  private final AgentServer server;
  private final ByteStream stream;

  StreamedDownload(AgentServer server, ByteStream stream) {
    this.server = server;
    this.stream = stream;
  }

  @Override
  public int read(byte[] into, Duration limit) {
    try {
      return stream.read(into, limit);
    } catch (SshException e) {
      throw new AgentConnectionLost("The download from " + server + " broke off: " + e.getMessage(), e);
    }
  }

  @Override
  public AgentReply end() {
    if (stream.exitCode() == 0) {
      return new AgentReply.Done(Wire.tree("{}"));
    }
    var said = stream.complaint();
    var last = Wire.object(said.substring(said.lastIndexOf('\n') + 1));
    if (last == null || !last.has("error")) {
      return new AgentReply.Refused("DOWNLOAD_BROKEN", "The agent on " + server + " ended the download with exit code "
          + stream.exitCode(), true);
    }
    var error = last.path("error");
    return new AgentReply.Refused(error.path("code").asString("DOWNLOAD_BROKEN"), error.path("message").asString(""),
        error.path("retryable").asBoolean(false));
  }

  @Override
  public void close() {
    stream.close();
  }
}
