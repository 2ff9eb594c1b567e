package io.chom.web.operations;

import io.chom.accounts.Permission;
import io.chom.operations.OperationId;
import io.chom.operations.Topics;
import io.chom.tenancy.TenantId;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.support.Words;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** An operation on the fleet as it goes on, for an operator who works for a tenant meanwhile. */
@Component
class LiveFleetOperations implements LiveView {
  private static final Pattern ONE = Pattern.compile("fleet-operation:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

  private final LiveOperations operations;

  LiveFleetOperations(LiveOperations operations) {
    this.operations = operations;
  }

  static String topic(OperationId id) {
    return "fleet-operation:" + id;
  }

  @Override
  public boolean knows(String topic) {
    return ONE.matcher(topic).matches();
  }

  @Override
  public TenantId owner(TenantId current) {
    return TenantId.PLATFORM;
  }

  @Override
  public String bell(String topic) {
    return Topics.operation(id(topic));
  }

  @Override
  public Permission needs() {
    return Permission.FLEET_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    return operations.one(id(topic), words);
  }

  private static OperationId id(String topic) {
    var one = ONE.matcher(topic);
    if (!one.matches()) {
      throw new IllegalArgumentException(topic);
    }
    return new OperationId(UUID.fromString(one.group(1)));
  }
}
