package io.chom.servers;

import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OutcomeUnknown;
import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.CredentialUnusable;
import io.chom.ssh.ExecResult;
import io.chom.ssh.HostKeyRejected;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshDirect;
import io.chom.ssh.SshException;
import io.chom.ssh.SshLogin;
import io.chom.ssh.SshTarget;
import org.springframework.stereotype.Component;

/** Runs the bootstrap on a server by a person's login, and says what came of it. */
@Component
class ServerBootstrap {
  private static final String POLICY = "{\"root_console\": false, \"site_console\": false, \"agent_upgrade\": true}";

  private final SshDirect ssh;
  private final AgentBundles bundles;
  private final ServersProperties properties;

  ServerBootstrap(SshDirect ssh, AgentBundles bundles, ServersProperties properties) {
    this.ssh = ssh;
    this.bundles = bundles;
    this.properties = properties;
  }

  /**
   * Logs in where the approved host key answers, and nowhere else.
   *
   * @throws OperationNotSent the server was not reached
   * @throws OutcomeUnknown the connection broke in the middle: repeat it
   * @throws OperationRefused the server or its login does not allow it
   */
  BootstrapReport run(ServerRow server, EnrolmentLogin login, OperationRun run) {
    var target = new SshTarget(server.host(), server.port(), login.user(), credential(server, login), server.hostKey(),
        server.hostKeyAlgorithm());
    run.progress(5, "Logging in as " + target.label(), 0);
    BootstrapReport report;
    try (var session = ssh.open(target)) {
      var program = new Bootstrap(bundles.current(), server.publicKey(), POLICY);
      run.sending();
      run.progress(10, "Installing the agent", 0);
      report = BootstrapReport.of(exec(session, program, login));
    } catch (SshException e) {
      throw notDone(target, e);
    }
    report.lines().forEach(line -> run.output(line + "\n", 0));
    if (!report.complete()) {
      run.output(report.diagnostics() + "\n", 0);
      throw BootstrapProblem.of(report);
    }
    return report;
  }

  private ExecResult exec(SshLogin session, Bootstrap program, EnrolmentLogin login) {
    return session.exec(Bootstrap.COMMAND, program.input(login.answerToSudo()), properties.bootstrapLimit());
  }

  private static SshCredential credential(ServerRow server, EnrolmentLogin login) {
    var key = login.privateKey();
    if (key != null) {
      return new SshCredential.Key("enrolment of " + server.name(), key, login.passphrase());
    }
    return new SshCredential.Password(java.util.Objects.requireNonNull(login.password()));
  }

  private static RuntimeException notDone(SshTarget target, SshException e) {
    var layer = Sentences.layerOf(e);
    return switch (e) {
      case AuthenticationRejected _ -> new OperationRefused("ENROLMENT_LOGIN_REJECTED", target.label()
          + " refuses this login. Check the user name and the password or key, and enter them again.", e);
      case CredentialUnusable _ -> new OperationRefused(e.code(), String.valueOf(e.getMessage()), e);
      case HostKeyRejected _ -> new OperationRefused("HOST_KEY_CHANGED", "Since the scan " + target.label()
          + " shows another host key than the approved one. Nothing was sent. Scan it again and compare the key.", e);
      default -> e.nothingRan()
          ? new OperationNotSent("SERVER_NOT_REACHED_" + layer, Sentences.notReached(target.label(), layer), e)
          : new OutcomeUnknown("The connection to " + target.label() + " broke during the installation; it is repeated",
              e);
    };
  }
}
