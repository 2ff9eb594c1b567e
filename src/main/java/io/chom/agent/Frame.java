package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** One thing an agent says about a request. */
sealed interface Frame {

  /** An operation got on. */
  record Progress(int percent, String step, long offset) implements Frame {}

  /** An operation wrote something. */
  record Output(String stream, String data, long offset) implements Frame {}

  /** A piece of an answer too long for one frame. */
  record Part(String text) implements Frame {}

  /** The last word. The state is there when it is an operation's own end. */
  record Result(AgentReply reply, @Nullable String state, int parts) implements Frame {}

  /** The channel is gone, and whatever the agent did about the request is not known. */
  record Lost(AgentException why) implements Frame {}

  /** Who listens fell behind; the rest is in the journal. */
  record Overflow() implements Frame {}

}
