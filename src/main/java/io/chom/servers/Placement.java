package io.chom.servers;

/** Decides which server takes the current tenant's next site. */
public interface Placement {

  /**
   * Chooses a ready server with room for one more: the tenant's own before the platform's, and of these the one with the
   * fewest sites. Call it before the transaction that creates the site.
   *
   * @throws NoServerAvailable with what an operator has to do
   */
  PlacedServer choose();

  /**
   * As {@link #choose()}, for a server a person asked for.
   *
   * @throws ServerNotFound it is neither the tenant's nor the platform's
   * @throws NoServerAvailable it cannot take one more
   */
  PlacedServer choose(ServerId wanted);

  /**
   * Takes the place, inside the transaction that creates the site: until that ends, nobody else can take the last place
   * of the same server.
   *
   * @throws NoServerAvailable others were quicker
   */
  void take(PlacedServer place);
}
