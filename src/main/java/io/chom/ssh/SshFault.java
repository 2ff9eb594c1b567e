package io.chom.ssh;

import java.time.Instant;

/** Something that went wrong on the way to a server, or there. */
public record SshFault(String code, String message, Instant at) {}
