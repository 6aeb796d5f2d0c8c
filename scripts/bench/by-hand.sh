#!/bin/sh
# The recipe that this program replaces: an image put onto another base with a shell and the files
# of a stopped dockerd. Its result only looks right: the cloned entries keep their cache-id, so the
# overlay2 directories still stand on the old base.
#
#   by-hand.sh DATA-ROOT OLD-IMAGE-ID OLD-BASE-DIFFID NEW-BASE-DIFFID    (IDs without "sha256:")
#
# Both bases have one layer. Prints what it has made, one path a line.
set -eu
root=$1/image/overlay2
image=$2
old=$3
new=$4
content=$root/imagedb/content/sha256
layers=$root/layerdb/sha256

# The image JSON with the other base's DiffID; its sha256 is the new image ID.
sed "s/sha256:$old/sha256:$new/" "$content/$image" >"$content/$image-copy"
id=$(sha256sum "$content/$image-copy" | cut -d' ' -f1)
mv "$content/$image-copy" "$content/$id"
echo "$content/$id"

# A layerdb entry for each layer of the app under its new ChainID, with its new parent.
was=$old
now=$new
for diff in $(grep -o '"diff_ids":\[[^]]*' "$content/$id" | grep -o '[0-9a-f]\{64\}' | tail -n +2); do
  was=$(printf 'sha256:%s sha256:%s' "$was" "$diff" | sha256sum | cut -d' ' -f1)
  parent=$now
  now=$(printf 'sha256:%s sha256:%s' "$parent" "$diff" | sha256sum | cut -d' ' -f1)
  cp -r "$layers/$was" "$layers/$now"
  printf 'sha256:%s' "$parent" >"$layers/$now/parent"
  echo "$layers/$now"
done

# The tag.
sed -i "s/sha256:$image/sha256:$id/" "$root/repositories.json"
