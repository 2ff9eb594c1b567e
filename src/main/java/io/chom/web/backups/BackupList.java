package io.chom.web.backups;

import io.chom.web.support.Choice;
import io.chom.web.support.Pager;
import java.util.List;

/**
 * The page of backups.
 *
 * @param stored how much all of the tenant's backups need
 * @param here its own address, to be read again
 * @param storage what each site's need, the largest first
 * @param untouched whether the tenant has no backup at all
 */
public record BackupList(List<BackupRow> rows, String stored, List<Choice> sites, List<Choice> types,
    List<Choice> proofs, Pager pager, String here, boolean untouched, List<Storage> storage) {

  /** What a site's backups need in one target. */
  public record Storage(String domain, String href, String target, String backups, String size) {}
}
