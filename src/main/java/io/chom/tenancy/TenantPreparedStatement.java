package io.chom.tenancy;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first statement of a transaction: prepared with {@code select set_config(…, ?, true);} before it, so that both
 * travel together, its parameters moved by one. The tenant is a parameter, so the text is the same for all tenants and
 * stays prepared on the server. What cannot travel this way (batches, cursors) is prepared again, plainly.
 */
final class TenantPreparedStatement extends TenantStatement {
  private static final String TELL = "select set_config('chom.tenant', ?, true);\n";

  private record Setting(Method method, Object[] arguments) {}

  private final Method prepare;
  private final Object[] original;
  /** By parameter, or by method for the rest: a statement run again and again keeps only the last. */
  private final Map<Object, Setting> settings = new LinkedHashMap<>();
  private boolean telling = true;

  private TenantPreparedStatement(Connection owner, TenantConnection connection, Method prepare, Object[] original)
      throws Throwable {
    super(owner, connection, prepared(connection, prepare, original, TELL));
    this.prepare = prepare;
    this.original = original;
  }

  static Statement telling(Connection owner, TenantConnection connection, Method prepare, Object[] arguments)
      throws Throwable {
    return proxy(new TenantPreparedStatement(owner, connection, prepare, arguments));
  }

  private static Statement prepared(TenantConnection connection, Method prepare, Object[] arguments, String prefix)
      throws Throwable {
    var changed = arguments.clone();
    changed[0] = prefix + arguments[0];
    return connection.statement(prepare, changed);
  }

  @Override
  @Nullable
  Object other(Method method, Object @Nullable [] arguments) throws Throwable {
    var name = method.getName();
    if (telling && (name.equals("addBatch") || name.endsWith("MetaData"))) {
      preparePlainly();
    }
    if (name.equals("clearParameters")) {
      settings.values().removeIf(setting -> isParameter(setting.method()));
    }
    if (telling && arguments != null && name.startsWith("set")) {
      settings.put(isParameter(method) ? arguments[0] : method, new Setting(method, arguments));
      return super.other(method, isParameter(method) ? moved(arguments) : arguments);
    }
    return super.other(method, arguments);
  }

  @Override
  @Nullable
  Object execute(Method method, Object @Nullable [] arguments) throws Throwable {
    if (telling && method.getParameterCount() == 0 && target.getFetchSize() == 0
        && !method.getName().endsWith("Batch")) {
      connection.tenantToTell();
      var tenant = TenantContext.current();
      var statement = (PreparedStatement) target;
      statement.setString(1, tenant.equals(TenantId.NONE) ? "" : tenant.toString());
      statement.execute();
      connection.told(tenant);
      return answer(method);
    }
    if (telling) {
      preparePlainly();
    }
    return super.execute(method, arguments);
  }

  private void preparePlainly() throws Throwable {
    telling = false;
    target.close();
    target = prepared(connection, prepare, original, "");
    for (var setting : settings.values()) {
      TenantConnection.call(target, setting.method(), setting.arguments());
    }
  }

  private static boolean isParameter(Method method) {
    return method.getDeclaringClass() == PreparedStatement.class && method.getParameterCount() >= 2;
  }

  private static Object[] moved(Object[] arguments) {
    var moved = arguments.clone();
    moved[0] = (int) arguments[0] + 1;
    return moved;
  }
}
