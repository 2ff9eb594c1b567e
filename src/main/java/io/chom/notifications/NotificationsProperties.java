package io.chom.notifications;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How people are told.
 *
 * @param callLimit how long a call of a webhook may take, from its first byte to the status of its answer
 */
@ConfigurationProperties("chom.notifications")
record NotificationsProperties(@DefaultValue("15s") Duration callLimit) {}
