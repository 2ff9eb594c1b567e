package io.chom.web.servers;

import io.chom.web.operations.OperationLine;
import io.chom.web.support.Badge;
import io.chom.web.support.Figure;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One server.
 *
 * @param turns the events upon which the page is another one
 * @param advice what to do about its trouble; null if it has none
 * @param offeredFingerprint the key it shows instead of the approved one; null while they agree
 * @param connection what this process holds to it
 * @param measured when that was so
 * @param prepareHref null while it cannot be prepared again
 * @param enrolHref null while the panel gets in as it is
 */
public record ServerPage(ServerRow row, String topics, String turns, @Nullable String advice, String fingerprint,
    @Nullable String offeredFingerprint, String approveHref, List<String> approveFaults, List<Layer> layers,
    List<Figure> figures, String php, List<OperationLine> operations, ConnectionRow connection,
    Moment measured,
    @Nullable String prepareHref, @Nullable String enrolHref, CarePage care) {

  /** One step of reaching a server, and how far it goes. */
  public record Layer(String name, Badge state) {}
}
