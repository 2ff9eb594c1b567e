package io.chom.backups;

/** What a place for backups is called. */
public record TargetName(TargetId id, String name, TargetKind kind) {}
