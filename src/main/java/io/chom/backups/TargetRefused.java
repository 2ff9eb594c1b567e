package io.chom.backups;

import io.chom.common.RequestRefused;

/** What was asked of a place for backups cannot be done as it was asked. */
public class TargetRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    TARGET_KIND_UNKNOWN("Name one of sftp, s3, rest and server"),
    /** A directory of servers that many tenants share. */
    TARGET_KIND_NOT_YOURS(
        "Only an operator can offer a directory of the servers; choose another kind"), TARGET_NAME_INVALID(
            "Give the target a name of 1 to 64 characters on one line"), TARGET_NAME_TAKEN(
                "There is a target of that name; choose another one"),
    /** The same place a second time. */
    TARGET_EXISTS("There is a target at this place; use that one"),
    /** Not written as its kind wants it. */
    TARGET_LOCATION_INVALID("Write the place as its kind has it: sftp://login@host:port/directory,"
        + " https://host/path for REST, https://host/bucket for S3; letters, digits and ._-/ in the path, no .."),
    /** In an address it would be shown and logged. */
    TARGET_LOCATION_WITH_LOGIN(
        "Leave login and password out of the address; there are fields for them"), TARGET_PORT_INVALID(
            "A port is a number from 1 to 65535"),
    /** What is sent could be read on the way. */
    TARGET_NOT_ENCRYPTED("Use https: plain http is for hosts that the operator of this panel allows"
        + " (CHOM_OUTBOUND_ALLOW)"), TARGET_CREDENTIALS_INVALID(
            "Give what opens it, of at most 200 characters without spaces at the ends or control"
                + " characters; both parts or none"), TARGET_REGION_INVALID(
                    "A region is of letters, digits and -, such as eu-central-1"), TARGET_AUTHORITIES_INVALID(
                        "Give the certificates in PEM, 12 KiB at most"), TARGET_LIMIT_INVALID(
                            "A limit is a number of KiB in a second, from 64 to 10,000,000"),
    /** The bounds that keep one tenant from filling the panel, or a server that others share. */
    TOO_MANY_TARGETS("There are as many targets as one tenant may have; remove one first"), TOO_MANY_DEPOTS(
        "You have as many targets on servers that you share with others as one tenant may have; remove one first"),
    /** What it is to keep would be lost with it. */
    SERVER_LEAVES("This server leaves the panel; choose another one"),
    /** Asked of a server, and there is none to ask. */
    NO_SERVER_TO_ASK("A place is looked at from one of your servers; create a site first, or name a server"),
    /** The host shows another key than the one that was typed. */
    FINGERPRINT_DIFFERS("The host shows another key now; compare its fingerprint again"),
    /** Nobody has got in yet, or it is being removed. */
    TARGET_NOT_READY("This target cannot be used now; see its state, and have it checked"),
    /** It is not there before its server has made it. */
    TARGET_NOT_MADE("Its server has not made it yet; wait for its operation to end"), TARGET_SHARED(
        "This target is shared by the operator; ask an operator to change it"),
    /** Whoever is root there would learn what opens it. */
    TARGET_ONLY_ON_SHARED_SERVERS(
        "Shared targets are for sites on shared servers; choose a target of your own"), TARGET_IN_USE(
            "Backups lie there; remove them first"), TARGET_SCHEDULED(
                "Schedules use it; have them use another target first"), TARGET_IS_DEFAULT(
                    "Backups go there when nobody says where; make another target the default first"),
    /** A backup, a restore or a proof may still be at it. */
    TARGET_BUSY("Something is being done with backups there; wait for its end, or cancel it"),
    /** It is always there. */
    TARGET_IS_LOCAL("Every server keeps this one; it cannot be changed"),
    /** Typed to confirm. */
    NAME_DOES_NOT_MATCH("That is not this target's name; type its name to confirm");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  public TargetRefused(Reason reason, String field) {
    super("target", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
