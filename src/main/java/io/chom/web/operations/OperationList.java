package io.chom.web.operations;

import io.chom.web.support.Choice;
import io.chom.web.support.Pager;
import java.util.List;

/**
 * The page of operations.
 *
 * @param here its own address, to be read again
 */
public record OperationList(List<OperationLine> rows, List<Choice> choices, Pager pager, String here,
    String emptyTitle, String emptyText) {}
