package io.chom.web.operations;

import io.chom.accounts.Permission;
import io.chom.operations.OperationId;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.operations.Topics;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.support.Fragments;
import io.chom.web.support.Words;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Operations as they go on. */
@Component
class LiveOperations implements LiveView {
  private static final Pattern ONE = Pattern.compile("operation:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
  private static final int RUNNING = 5;

  private final Operations operations;
  private final Fragments fragments;

  LiveOperations(Operations operations, Fragments fragments) {
    this.operations = operations;
    this.fragments = fragments;
  }

  @Override
  public boolean knows(String topic) {
    return topic.equals(Topics.ALL) || ONE.matcher(topic).matches();
  }

  @Override
  public Permission needs() {
    return Permission.OPERATIONS_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    var one = ONE.matcher(topic);
    if (one.matches()) {
      return one(new OperationId(UUID.fromString(one.group(1))), words);
    }
    var running = new LiveEvent("operations-running", fragments.render("operations/progress", "running", words.locale(),
        Map.of("operations", OperationLines.of(operations.unfinished(RUNNING), words))));
    return changed ? LiveState.lasting(running, LiveEvent.lookAgain(Topics.ALL)) : LiveState.lasting(running);
  }

  LiveState one(OperationId id, Words words) {
    var operation = operations.get(id);
    var panel = fragments.render("operations/progress", "panel", words.locale(),
        Map.of("operation", OperationLines.of(operation, operations.place(operation).orElse(null), words)));
    return new LiveState(List.of(new LiveEvent("operation-" + id, panel)), operation.status().ended(),
        operation.status() == OperationStatus.QUEUED);
  }
}
