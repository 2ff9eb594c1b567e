package io.chom.agent;

import java.util.Set;

/**
 * What an agent says of itself first.
 *
 * @param agent its version
 * @param protocol the version of the wire's language
 * @param release names its very content; empty when no enrolment put it there
 */
public record AgentHello(String agent, int protocol, Set<String> capabilities, String os, String hostname,
    String release) {}
