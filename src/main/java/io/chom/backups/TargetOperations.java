package io.chom.backups;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** The operations on places for backups that a server of the panel keeps. */
final class TargetOperations {
  static final String SUBJECT = "backup-target";
  static final OperationType CREATE = new OperationType("target.create");
  static final OperationType REMOVE = new OperationType("target.remove");

  private static final String DEPOT = "depot";

  private TargetOperations() {}

  static NewOperation create(TargetRows.Row target) {
    return wanted(CREATE, target,
        Map.of(DEPOT, target.id().toString(), "public_key", Objects.requireNonNull(target.publicKey())));
  }

  static NewOperation remove(TargetRows.Row target) {
    return wanted(REMOVE, target, Map.of(DEPOT, target.id().toString(), "purge", true));
  }

  private static NewOperation wanted(OperationType type, TargetRows.Row target, Map<String, Object> arguments) {
    return NewOperation.interactive(type, new Subject(SUBJECT, target.id(), target.name()),
        Objects.requireNonNull(target.server()), arguments);
  }

  static UUID target(Operation operation) {
    return operation.subject().id();
  }
}
