package io.chom.sites;

import jakarta.persistence.LockModeType;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface SiteRepository extends Repository<Site, UUID> {
  Site save(Site site);

  void flush();

  @Query("select s from Site s where s.id = :id")
  Optional<Site> find(UUID id);

  /** For a change: nobody else changes this site until the transaction ends. */
  @Lock(LockModeType.PESSIMISTIC_WRITE)
  @Query("select s from Site s where s.id = :id")
  Optional<Site> lock(UUID id);

  @Query(value = "select nextval('site_uid_seq')", nativeQuery = true)
  int nextUid();
}
