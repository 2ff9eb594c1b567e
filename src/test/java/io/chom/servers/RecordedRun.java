package io.chom.servers;

import io.chom.common.Uuid7;
import io.chom.operations.Lane;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationStatus;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** An operation in a worker's hand that remembers what was reported. */
final class RecordedRun implements OperationRun {
  final List<String> told = new ArrayList<>();
  private final Operation operation;
  private final boolean maybeSent;

  RecordedRun(OperationType type, ServerId server, Map<String, Object> payload, boolean maybeSent) {
    this(type, new Subject("server", server.value(), "web"), server, payload, maybeSent);
  }

  RecordedRun(OperationType type, Subject subject, ServerId server, Map<String, Object> payload, boolean maybeSent) {
    this(type, subject, server, payload, maybeSent, null);
  }

  /** One that was under way when the copy was made from which the panel was restored. */
  static RecordedRun copied(OperationType type, ServerId server, Instant createdAt) {
    return new RecordedRun(type, new Subject("server", server.value(), "web"), server, Map.of(), true, createdAt);
  }

  private RecordedRun(OperationType type, Subject subject, ServerId server, Map<String, Object> payload,
      boolean maybeSent, @Nullable Instant copied) {
    this.maybeSent = maybeSent;
    var id = Uuid7.next();
    this.operation = new Operation(new OperationId(id), type, subject,
        server.value(), Lane.INTERACTIVE, OperationStatus.RUNNING, 1, 0, null, 0, null, null,
        JsonMapper.shared().valueToTree(payload), null, "operator", copied == null ? Instant.now() : copied,
        Instant.now(), null, null, null,
        List.of(), 1, null, id, null, copied != null);
  }

  boolean sent() {
    return told.contains("sending");
  }

  @Override
  public Operation operation() {
    return operation;
  }

  @Override
  public long fence() {
    return 7L << 32;
  }

  @Override
  public boolean maybeSent() {
    return maybeSent;
  }

  @Override
  public long agentOffset() {
    return 0;
  }

  @Override
  public void sending() {
    told.add("sending");
  }

  @Override
  public void progress(int percent, String step, long agentOffset) {
    told.add(percent + " " + step);
  }

  @Override
  public void output(String text, long agentOffset) {
    told.add(text);
  }

  @Override
  public void silent(String code, String message) {
    told.add("silent " + code);
  }

  @Override
  public void heard() {
    told.add("heard");
  }

  @Override
  public boolean held() {
    return true;
  }
}
