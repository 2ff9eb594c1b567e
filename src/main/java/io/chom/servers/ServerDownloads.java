package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import java.time.Duration;
import java.util.UUID;
import org.springframework.stereotype.Service;

/** Brings large things from a server as a stream, of which little is in memory at any moment. */
@Service
public class ServerDownloads {
  private static final Duration PREPARED = Duration.ofSeconds(60);
  private static final Duration BEGUN = Duration.ofSeconds(20);
  /** Longer than the agent waits for it. */
  private static final Duration FIRST_BYTES = Duration.ofSeconds(130);

  private final ServerQuestions questions;
  private final ServerAddresses addresses;
  private final Agent agent;

  ServerDownloads(ServerQuestions questions, ServerAddresses addresses, Agent agent) {
    this.questions = questions;
    this.addresses = addresses;
    this.agent = agent;
  }

  /**
   * Has something prepared and begins to read it; answers with its first bytes in hand. Call it outside a transaction, and
   * close it.
   *
   * @param prepare the command that prepares it under the id
   * @throws ServerNotReached the server does not answer
   * @throws QuestionRefused the agent refuses it
   */
  public ServerDownload open(ServerId server, AgentCommand prepare, UUID id) {
    var prepared = questions.ask(server, prepare, PREPARED);
    var row = addresses.find(server);
    try {
      var download = new ServerDownload(row, prepared, agent.get(addresses.open(row), id, BEGUN));
      try {
        download.begin(FIRST_BYTES);
        return download;
      } catch (RuntimeException e) {
        download.close();
        throw e;
      }
    } catch (AgentException e) {
      var layer = Sentences.layerOf(e);
      throw new ServerNotReached(layer, Sentences.notReached(row.name(), layer), e);
    }
  }
}
