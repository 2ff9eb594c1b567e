package io.chom.tenancy;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Tells PostgreSQL for which tenant a transaction runs, in the same round trip as its first statement: the policies of
 * row level security read what is told. A round trip of its own would cost more than the policies do.
 */
class TenantAwareDataSource extends DelegatingDataSource {
  TenantAwareDataSource(DataSource target) {
    super(target);
  }

  @Override
  public Connection getConnection() throws SQLException { return TenantConnection.around(super.getConnection()); }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return TenantConnection.around(super.getConnection(username, password));
  }
}
