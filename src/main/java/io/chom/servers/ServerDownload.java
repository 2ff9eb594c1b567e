package io.chom.servers;

import io.chom.agent.AgentDownload;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import java.time.Duration;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/** Bytes on their way from a server, the first of which are here. One thread reads. */
public final class ServerDownload implements AutoCloseable {
  private static final int CHUNK = 64 * 1024;
  /** The agent notices sooner, and says why. */
  private static final Duration NOTHING_MOVES = Duration.ofSeconds(75);

  private final ServerRow row;
  private final JsonNode prepared;
  private final AgentDownload download;
  private byte[] first = new byte[0];

  ServerDownload(ServerRow row, JsonNode prepared, AgentDownload download) {
    this.row = row;
    this.prepared = prepared;
    this.download = download;
  }

  /** What the agent said of it when it was prepared. */
  public JsonNode prepared() {
    return prepared;
  }

  void begin(Duration limit) {
    var chunk = new byte[CHUNK];
    int read = read(chunk, limit);
    first = Arrays.copyOf(chunk, Math.max(0, read));
  }

  /** The bytes that are here already; empty where there are none at all. */
  public byte[] first() {
    return first;
  }

  /**
   * The next bytes after {@link #first}.
   *
   * @return how many, or -1 once it is certain that it was the whole
   * @throws ServerNotReached it broke off
   * @throws QuestionRefused the agent broke it off, in its own words
   */
  public int read(byte[] into) {
    return read(into, NOTHING_MOVES);
  }

  private int read(byte[] into, Duration limit) {
    try {
      int read = download.read(into, limit);
      if (read < 0 && download.end() instanceof AgentReply.Refused refused) {
        throw new QuestionRefused(refused.code(), refused.message());
      }
      return read;
    } catch (AgentException e) {
      var layer = Sentences.layerOf(e);
      throw new ServerNotReached(layer, Sentences.notReached(row.name(), layer), e);
    }
  }

  @Override
  public void close() {
    download.close();
  }
}
