package io.chom.tenancy;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A connection that remembers what its current transaction was told about the tenant. */
final class TenantConnection implements InvocationHandler {
  private final Connection target;
  /** What the open transaction was told; nothing is told between transactions. */
  private @Nullable TenantId told;

  private TenantConnection(Connection target) {
    this.target = target;
  }

  static Connection around(Connection target) {
    return (Connection) Proxy.newProxyInstance(TenantConnection.class.getClassLoader(),
        new Class<?>[]{Connection.class},
        new TenantConnection(target));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
    return switch (method.getName()) {
      case "equals" -> arguments != null && proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      case "createStatement", "prepareCall" ->
        TenantStatement.plain((Connection) proxy, this, statement(method, arguments));
      case "prepareStatement" -> prepare((Connection) proxy, method, Objects.requireNonNull(arguments));
      case "commit", "rollback", "setAutoCommit", "close", "abort" -> {
        // also back to a savepoint: what was told after it is forgotten with it. A connection that went away has rolled
        // back already, and saying so again would hide why
        boolean rolledBack = method.getName().equals("rollback") && target.isClosed();
        var result = rolledBack ? null : call(method, arguments);
        told = null;
        yield result;
      }
      default -> call(method, arguments);
    };
  }

  private Object prepare(Connection proxy, Method method, Object[] arguments) throws Throwable {
    // generated keys would be read from the first result, which is ours: such statements are told separately
    var plain = method.getParameterCount() == 2 || tenantToTell() == null;
    if (plain) {
      return TenantStatement.plain(proxy, this, statement(method, arguments));
    }
    return TenantPreparedStatement.telling(proxy, this, method, arguments);
  }

  Statement statement(Method method, Object @Nullable [] arguments) throws Throwable {
    return (Statement) Objects.requireNonNull(call(method, arguments));
  }

  private @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
    return call(target, method, arguments);
  }

  static @Nullable Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  /** The tenant the next statement has to tell, or null when all is said. */
  @Nullable
  TenantId tenantToTell() throws SQLException {
    var current = TenantContext.current();
    if (told != null && !told.equals(current)) {
      throw new TenantChangedInTransaction(told, current);
    }
    return told != null || current.equals(TenantId.NONE) ? null : current;
  }

  /** Outside of a transaction each statement is one, and the next has to be told again. */
  void told(TenantId tenant) throws SQLException {
    if (!target.getAutoCommit()) {
      told = tenant;
    }
  }

  void forget() {
    told = null;
  }

  boolean autoCommit() throws SQLException {
    return target.getAutoCommit();
  }

  /** A round trip of its own, for what cannot carry the tenant along. */
  void tellSeparately(TenantId tenant) throws SQLException {
    try (var statement = target.prepareStatement("select set_config('chom.tenant', ?, true)")) {
      statement.setString(1, tenant.toString());
      statement.execute();
    }
    told(tenant);
  }

  Connection target() {
    return target;
  }
}
