package io.chom.web.servers;

import org.jspecify.annotations.Nullable;

/** Where a new server is; the port as it was typed. */
public record EnrolForm(@Nullable String host, @Nullable String port) {}
