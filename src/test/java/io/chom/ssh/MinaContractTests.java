package io.chom.ssh;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract on a server inside this process. */
class MinaContractTests extends SshContract {
  TestSshServer server;

  @BeforeEach
  void start() {
    server = new TestSshServer().allow(KEY);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Override
  SshTarget target() {
    return server.target(KEY);
  }
}
