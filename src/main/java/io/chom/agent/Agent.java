package io.chom.agent;

import java.time.Duration;
import java.util.UUID;

/**
 * The door to every server's agent. One channel per server carries all requests.
 *
 * <p>All methods throw {@link AgentException}; a refusal by the agent is a reply, not an exception.
 */
public interface Agent {

  /** What the agent says of itself; connects if need be. */
  AgentHello hello(AgentServer server);

  /** Asks something that changes nothing; a lost question is asked again within the limit. */
  AgentReply ask(AgentServer server, AgentCommand command, Duration limit);

  /**
   * Has an operation carried out exactly once, and stays with it to its end: after a lost connection it comes back, asks
   * for the operation by its id and reads on where it stopped. The listener is called on this thread.
   *
   * @param fence orders the operations of one subject; the agent refuses an older one
   * @param fromOffset where the reader of an earlier call stopped, 0 for the beginning
   * @throws AgentNeverReached if this call sent nothing of it
   * @throws AgentOutcomeUnknown if it was sent and its end was not seen within the limit, or this thread was interrupted
   */
  AgentReply carryOut(AgentServer server, AgentCommand command, UUID operation, long fence, long fromOffset,
      AgentEvents listener, Duration limit);

  /**
   * What the server's journal says of an operation.
   *
   * @param seal if it never arrived, see to it that it never will
   */
  AgentOperation status(AgentServer server, UUID operation, boolean seal, Duration limit);

  /** Stops an operation; done once it is dead, with its state and what was left behind. */
  AgentReply cancel(AgentServer server, UUID operation, Duration limit);

  /**
   * Puts a file on the server for a later request, which names it by this id. To repeat it is harmless.
   *
   * @param sha256 of the content, in hexadecimal
   */
  AgentReply put(AgentServer server, UUID id, byte[] content, String sha256, Duration limit);

  /**
   * Begins to read what a command prepared under this id, on a connection that no requests are on.
   *
   * @param limit for beginning
   * @throws AgentNeverReached nothing was begun
   */
  AgentDownload get(AgentServer server, UUID id, Duration limit);

  /**
   * Has the server itself answer, whatever its agent does.
   *
   * @throws AgentNeverReached it does not
   */
  void touch(AgentServer server, Duration limit);

  /**
   * Starts the agent once more, beside the channel that carries the requests, and answers what it says of itself: whether
   * a login opens that has not been used yet, and which version a new channel would get.
   */
  AgentHello look(AgentServer server, Duration limit);

  /** Tells the server that its journal of an ended operation is no longer needed. */
  void acknowledge(AgentServer server, UUID operation);

  /** How quickly agents answer this process. */
  AgentAnswers answers();

  /** Ends the channel to this server; the next request opens a new one. */
  void disconnect(AgentServer server);
}
