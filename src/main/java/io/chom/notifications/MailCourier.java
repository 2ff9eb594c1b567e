package io.chom.notifications;

import io.chom.notifications.ChannelRows.Row;
import io.chom.notifications.NotDelivered.Reason;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.mail.MailAuthenticationException;
import org.springframework.mail.MailException;
import org.springframework.mail.MailSendException;
import org.springframework.mail.javamail.JavaMailSenderImpl;
import org.springframework.mail.javamail.MimeMessageHelper;
import org.springframework.stereotype.Component;
import org.thymeleaf.ITemplateEngine;
import org.thymeleaf.context.Context;

/** Sends mail by the operator's server: text, and the same as a small page. */
@Component
class MailCourier implements Courier {
  private static final Logger LOG = LoggerFactory.getLogger(MailCourier.class);
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final MailProperties properties;
  private final ITemplateEngine templates;
  // no bean of its own: the panel is well while its mail server is not
  private final JavaMailSenderImpl sender = new JavaMailSenderImpl();

  MailCourier(MailProperties properties, ITemplateEngine templates) {
    this.properties = properties;
    this.templates = templates;
    sender.setHost(properties.host());
    sender.setPort(properties.portNumber());
    sender.setDefaultEncoding(StandardCharsets.UTF_8.name());
    if (!properties.user().isEmpty()) {
      sender.setUsername(properties.user());
      sender.setPassword(properties.password());
    }
    sender.setJavaMailProperties(settings(properties));
  }

  private static Properties settings(MailProperties properties) {
    var settings = new Properties();
    String patience = String.valueOf(PATIENCE.toMillis());
    settings.setProperty("mail.smtp.connectiontimeout", patience);
    settings.setProperty("mail.smtp.timeout", patience);
    settings.setProperty("mail.smtp.writetimeout", patience);
    settings.setProperty("mail.smtp.auth", String.valueOf(!properties.user().isEmpty()));
    settings.setProperty("mail.smtp.ssl.checkserveridentity", "true");
    switch (properties.mode()) {
      case "tls" -> settings.setProperty("mail.smtp.ssl.enable", "true");
      case "starttls" -> {
        settings.setProperty("mail.smtp.starttls.enable", "true");
        // a server that offers none is not told our password in the clear
        settings.setProperty("mail.smtp.starttls.required", "true");
      }
      default -> settings.setProperty("mail.smtp.starttls.enable", "false");
    }
    return settings;
  }

  boolean configured() {
    return properties.configured();
  }

  @Override
  public boolean serves(ChannelKind kind) {
    return kind == ChannelKind.EMAIL;
  }

  @Override
  public void deliver(Row channel, String address, Message message) {
    if (!configured()) {
      throw new NotDelivered(Reason.MAIL_NOT_CONFIGURED);
    }
    try {
      var mail = sender.createMimeMessage();
      var helper = new MimeMessageHelper(mail, true, StandardCharsets.UTF_8.name());
      helper.setFrom(new InternetAddress(properties.from(), "CHOM", StandardCharsets.UTF_8.name()));
      helper.setTo(MailAddress.parse(address));
      helper.setSubject("[CHOM] " + message.subject());
      helper.setText(text(message), page(channel, message));
      // a second copy of the same is known as one; nobody's absence note answers it
      mail.setHeader("Message-ID", "<" + message.id() + "@" + domain() + ">");
      mail.setHeader("Auto-Submitted", "auto-generated");
      sender.send(mail);
    } catch (MailException | MessagingException e) {
      LOG.warn("Mail {} was not taken by {}: {}", message.id(), properties.host(), PlainText.line(e.toString(), 300));
      throw why(e);
    } catch (UnsupportedEncodingException e) {
      throw new IllegalStateException("Every JDK has UTF-8", e);
    }
  }

  private String domain() {
    return properties.from().substring(properties.from().indexOf('@') + 1);
  }

  private static String text(Message message) {
    var text = new StringBuilder();
    message.lines().forEach(line -> text.append(line).append("\r\n\r\n"));
    for (var item : message.items()) {
      text.append("* ").append(item.title()).append("\r\n");
      if (item.detail() != null) {
        text.append("  ").append(item.detail()).append("\r\n");
      }
      text.append("  ").append(item.link()).append("\r\n\r\n");
    }
    return text.append("-- \r\n").append(message.why()).append("\r\n").append(message.manage()).append("\r\n")
        .toString();
  }

  private String page(Row channel, Message message) {
    return templates.process("mail/message", new Context(channel.wish().locale(),
        Map.of("message", message, "language", channel.wish().language())));
  }

  private static NotDelivered why(Exception e) {
    if (e instanceof MailAuthenticationException) {
      return new NotDelivered(Reason.MAIL_LOGIN_REFUSED, "", e);
    }
    Throwable cause = e instanceof MailSendException all && all.getFailedMessages().size() == 1
        ? all.getFailedMessages().values().iterator().next()
        : e.getCause();
    int code = code(cause);
    if (code >= 500) {
      return new NotDelivered(Reason.MAIL_REFUSED, String.valueOf(code), e);
    } else if (code >= 400) {
      return new NotDelivered(Reason.MAIL_DEFERRED, String.valueOf(code), e);
    }
    return new NotDelivered(Reason.MAIL_UNREACHABLE, "", e);
  }

  /** What its server answered; 0 where it did not. */
  private static int code(@Nullable Throwable e) {
    int found = 0;
    for (var each = e; each != null && found == 0; each = next(each)) {
      found = switch (each) {
        case SMTPAddressFailedException one -> one.getReturnCode();
        case SMTPSenderFailedException one -> one.getReturnCode();
        case SMTPSendFailedException one -> one.getReturnCode();
        default -> 0;
      };
      // "refused by all" has the refusals of each behind it
      if (found < 400 && each instanceof SendFailedException) {
        found = 0;
      }
    }
    return found;
  }

  private static @Nullable Throwable next(Throwable e) {
    return e instanceof MessagingException chained ? chained.getNextException() : e.getCause();
  }
}
