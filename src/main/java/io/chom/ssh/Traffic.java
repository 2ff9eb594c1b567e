package io.chom.ssh;

/** What a connection is for. A stream gets none that commands are on, which would wait behind what it has in flight. */
enum Traffic {
  COMMANDS, STREAMS
}
