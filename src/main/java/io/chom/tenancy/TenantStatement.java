package io.chom.tenancy;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A statement that makes sure the tenant is told before it runs: plain SQL text takes the tenant along, everything else
 * (prepared earlier, batches, calls, generated keys) has it told in a round trip before.
 */
class TenantStatement implements InvocationHandler {
  private final Connection owner;
  final TenantConnection connection;
  Statement target;

  TenantStatement(Connection owner, TenantConnection connection, Statement target) {
    this.owner = owner;
    this.connection = connection;
    this.target = target;
  }

  static Statement plain(Connection owner, TenantConnection connection, Statement target) {
    return proxy(new TenantStatement(owner, connection, target));
  }

  static Statement proxy(TenantStatement handler) {
    Class<?> type = handler.target instanceof CallableStatement
        ? CallableStatement.class
        : handler.target instanceof PreparedStatement ? PreparedStatement.class : Statement.class;
    return (Statement) Proxy.newProxyInstance(TenantStatement.class.getClassLoader(), new Class<?>[]{type}, handler);
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
    var name = method.getName();
    return switch (name) {
      case "equals" -> arguments != null && proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      case "getConnection" -> owner;
      default -> name.startsWith("execute") ? execute(method, arguments) : other(method, arguments);
    };
  }

  @Nullable
  Object other(Method method, Object @Nullable [] arguments) throws Throwable {
    return TenantConnection.call(target, method, arguments);
  }

  @Nullable
  Object execute(Method method, Object @Nullable [] arguments) throws Throwable {
    var tenant = connection.tenantToTell();
    if (tenant == null) {
      return TenantConnection.call(target, method, arguments);
    }
    if (arguments != null && arguments.length == 1 && arguments[0] instanceof String sql
        && target.getFetchSize() == 0) {
      target.execute("select set_config('chom.tenant', '" + tenant + "', true);\n" + sql);
      connection.told(tenant);
      return answer(method);
    }
    return connection.autoCommit() ? inTransaction(tenant, method, arguments) : separately(tenant, method, arguments);
  }

  private @Nullable Object separately(TenantId tenant, Method method, Object @Nullable [] arguments) throws Throwable {
    connection.tellSeparately(tenant);
    return TenantConnection.call(target, method, arguments);
  }

  /** What is told holds for one transaction, so a statement without one gets one. */
  private @Nullable Object inTransaction(TenantId tenant, Method method, Object @Nullable [] arguments)
      throws Throwable {
    var database = connection.target();
    database.setAutoCommit(false);
    var done = false;
    try {
      var result = separately(tenant, method, arguments);
      database.commit();
      done = true;
      return result;
    } finally {
      if (!done) {
        database.rollback();
      }
      connection.forget();
      database.setAutoCommit(true);
    }
  }

  /** Skips the answer to set_config, and answers what the caller asked. */
  @Nullable
  Object answer(Method method) throws SQLException {
    var rows = target.getMoreResults();
    return switch (method.getName()) {
      case "execute" -> rows;
      case "executeUpdate" -> rows ? -1 : target.getUpdateCount();
      case "executeLargeUpdate" -> rows ? -1L : target.getLargeUpdateCount();
      case "executeQuery" -> rows ? target.getResultSet() : noRows();
      default -> throw new IllegalStateException(method.toString());
    };
  }

  private static ResultSet noRows() throws SQLException {
    throw new SQLException("No results were returned by the query.", "02000");
  }
}
