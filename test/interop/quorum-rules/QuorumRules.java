import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import org.apache.zookeeper.server.quorum.flexible.QuorumHierarchical;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/**
 * What Apache ZooKeeper makes of ensembles. Each block of standard input has the lines of a config
 * file, lines `? a b c` that ask whether servers are a quorum, and ends with a line `--`. The answer
 * is the text of the ensemble, a line of a 1 or 0 for each question, and `--`.
 */
public class QuorumRules {
    public static void main(String[] words) throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder lines = new StringBuilder();
        StringBuilder answers = new StringBuilder();
        QuorumVerifier rules = null;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith("?")) {
                if (rules == null) {
                    rules = read(lines.toString());
                }
                answers.append(rules.containsQuorum(idsOf(line)) ? '1' : '0');
            } else if (line.equals("--")) {
                System.out.println(rules + "\n" + answers + "\n--");
                lines.setLength(0);
                answers.setLength(0);
                rules = null;
            } else {
                lines.append(line).append('\n');
            }
        }
    }

    /** As QuorumPeerConfig decides which of the two it is. */
    private static QuorumVerifier read(String lines) throws Exception {
        Properties properties = new Properties();
        properties.load(new StringReader(lines));
        for (Object key : properties.keySet()) {
            if (key.toString().startsWith("group") || key.toString().startsWith("weight")) {
                return new QuorumHierarchical(properties);
            }
        }
        return new QuorumMaj(properties);
    }

    private static Set<Long> idsOf(String line) {
        Set<Long> ids = new HashSet<>();
        for (String word : line.substring(1).trim().split(" ")) {
            if (!word.isEmpty()) {
                ids.add(Long.parseLong(word));
            }
        }
        return ids;
    }
}
