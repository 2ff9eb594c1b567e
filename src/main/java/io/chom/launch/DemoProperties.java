package io.chom.launch;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The demo server.
 *
 * @param enabled CHOM_DEMO; the start switches it off where others could reach it
 * @param httpPort where its sites answer, CHOM_DEMO_HTTP_PORT
 * @param directory its data
 */
@ConfigurationProperties("chom.demo")
record DemoProperties(@DefaultValue("false") boolean enabled, @DefaultValue("8081") int httpPort,
    @DefaultValue("data") Path directory) {}
