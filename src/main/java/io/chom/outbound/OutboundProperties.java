package io.chom.outbound;

import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where customers may have the panel and its servers go.
 *
 * @param allow names, addresses and CIDR blocks that may be reached although they are not public,
 *     {@code CHOM_OUTBOUND_ALLOW}
 */
@ConfigurationProperties("chom.outbound")
record OutboundProperties(@DefaultValue Set<String> allow) {}
