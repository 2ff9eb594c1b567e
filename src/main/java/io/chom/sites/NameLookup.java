package io.chom.sites;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.directory.InitialDirContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Asks where a name leads and what its owner has written beside it. What cannot be found out is not there. */
@Component
class NameLookup {
  private static final Logger LOG = LoggerFactory.getLogger(NameLookup.class);
  /** First wait and number of tries: four seconds in all, with the doubling in between. */
  private static final String WAIT_MILLIS = "1300";
  private static final String TRIES = "2";

  private final String nameServer;

  NameLookup(AcmeProperties acme) {
    nameServer = acme.nameServer();
  }

  /** The addresses of a name, by this machine's own rules (its hosts file included) where no name server is set. */
  Set<InetAddress> addresses(String name) {
    var found = new HashSet<InetAddress>();
    try {
      if (nameServer.isEmpty() || isAddress(name)) {
        Collections.addAll(found, InetAddress.getAllByName(name));
      } else {
        // one by one: two types together would be a question for ANY, which name servers refuse (RFC 8482)
        for (String type : List.of("A", "AAAA")) {
          for (String address : records(name, type)) {
            found.add(InetAddress.getByName(address));
          }
        }
      }
    } catch (UnknownHostException e) {
      LOG.debug("{} leads nowhere: {}", name, e.getMessage());
    }
    return found;
  }

  Set<String> texts(String name) {
    return records(name, "TXT");
  }

  // the provider for DNS is named, and answers text: nothing is ever deserialised
  @SuppressWarnings("BanJNDI")
  private Set<String> records(String name, String type) {
    var environment = new Hashtable<String, String>();
    environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
    environment.put(Context.PROVIDER_URL, "dns:" + (nameServer.isEmpty() ? "" : "//" + nameServer));
    environment.put("com.sun.jndi.dns.timeout.initial", WAIT_MILLIS);
    environment.put("com.sun.jndi.dns.timeout.retries", TRIES);
    var found = new HashSet<String>();
    try {
      var context = new InitialDirContext(environment);
      try {
        var attributes = context.getAttributes(name + ".", new String[]{type}).getAll();
        while (attributes.hasMore()) {
          var values = attributes.next().getAll();
          while (values.hasMore()) {
            found.add(String.valueOf(values.next()).replace("\"", ""));
          }
        }
      } finally {
        context.close();
      }
    } catch (NamingException e) {
      LOG.debug("{} has no such record: {}", name, e.toString());
    }
    return found;
  }

  private static boolean isAddress(String name) {
    return name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || Character.isDigit(c));
  }
}
