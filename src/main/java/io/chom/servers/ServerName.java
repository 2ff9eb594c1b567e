package io.chom.servers;

/** A server in a choice. */
public record ServerName(ServerId id, String name) {}
