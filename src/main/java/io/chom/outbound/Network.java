package io.chom.outbound;

import java.math.BigInteger;
import java.net.InetAddress;

/**
 * A block of addresses in CIDR notation (RFC 4632, RFC 4291); one address is a block of one.
 *
 * @param length how many of its leading bits all members share
 */
record Network(InetAddress first, int length) {

  /** @throws IllegalArgumentException it is not one */
  static Network of(String text) {
    int slash = text.indexOf('/');
    var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
    int bits = address.getAddress().length * 8;
    int length = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException(text);
    }
    return new Network(address, length);
  }

  boolean contains(InetAddress address) {
    var bytes = address.getAddress();
    var own = first.getAddress();
    return bytes.length == own.length && head(bytes).equals(head(own));
  }

  private BigInteger head(byte[] bytes) {
    return new BigInteger(1, bytes).shiftRight(bytes.length * 8 - length);
  }
}
