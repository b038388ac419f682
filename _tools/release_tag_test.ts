import { assertEquals, assertStringIncludes } from "@std/assert";
import { tagProblem } from "./release_tag.ts";

Deno.test("tagProblem() takes the version with and without a v", () => {
  assertEquals(tagProblem("1.2.3", "1.2.3"), undefined);
  assertEquals(tagProblem("v1.2.3", "1.2.3"), undefined);
});

Deno.test("tagProblem() refuses every other tag", () => {
  for (const tag of ["v1.2.4", "1.2", "", "v", "release-1.2.3"]) {
    assertStringIncludes(tagProblem(tag, "1.2.3")!, "1.2.3");
  }
  assertStringIncludes(tagProblem(undefined, "1.2.3")!, "missing");
});
