package io.chom.tenancy;

import java.util.UUID;
import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.stereotype.Component;

/** The first lock: Hibernate adds the tenant to every query and every new row of an entity with {@code @TenantId}. */
@Component
class CurrentTenant implements CurrentTenantIdentifierResolver<UUID>, HibernatePropertiesCustomizer {
  @Override
  public UUID resolveCurrentTenantIdentifier() {
    return TenantContext.current().value();
  }

  @Override
  public boolean validateExistingCurrentSessions() {
    return true;
  }

  @Override
  public void customize(java.util.Map<String, Object> settings) {
    settings.put(MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, this);
  }
}
