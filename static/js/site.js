// After a refused form the error summary takes the focus, so that it is read out and its links are next.
document.querySelector("#error-summary")?.focus();
