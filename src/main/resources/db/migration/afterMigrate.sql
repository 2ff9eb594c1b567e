-- After every migration, also one that had nothing to do: a table with tenant_id and no lock stops the start.
select protect_tenant_tables();
